CREATE TABLE `agreements` (
	`name` varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`content` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`updated_at` bigint NOT NULL,
	CONSTRAINT `agreements_name` PRIMARY KEY(`name`)
);
