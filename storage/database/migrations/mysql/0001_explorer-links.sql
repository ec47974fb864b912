CREATE TABLE `link_revocations` (
	`snapshot_id` char(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`revoked_at` bigint NOT NULL,
	CONSTRAINT `link_revocations_snapshot_id` PRIMARY KEY(`snapshot_id`)
);
--> statement-breakpoint
CREATE TABLE `secrets` (
	`name` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`value` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`created_at` bigint NOT NULL,
	CONSTRAINT `secrets_name` PRIMARY KEY(`name`)
);
