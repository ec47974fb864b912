CREATE TABLE `audit` (
	`request_id` char(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`source` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`command` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`app` varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`environment` varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`team_id` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`channel_id` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`user_id` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`state` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`error_code` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`created_at` bigint NOT NULL,
	`finished_at` bigint,
	CONSTRAINT `audit_request_id` PRIMARY KEY(`request_id`)
);
--> statement-breakpoint
CREATE INDEX `audit_oldest` ON `audit` (`created_at`,`request_id`);--> statement-breakpoint
CREATE INDEX `audit_newest` ON `audit` (`team_id`,`created_at`,`request_id`);--> statement-breakpoint
CREATE INDEX `audit_by_user` ON `audit` (`team_id`,`user_id`,`created_at`,`request_id`);--> statement-breakpoint
CREATE INDEX `audit_by_user_and_app` ON `audit` (`team_id`,`user_id`,`app`,`environment`,`created_at`,`request_id`);--> statement-breakpoint
CREATE INDEX `audit_by_app` ON `audit` (`app`,`environment`,`created_at`,`request_id`);