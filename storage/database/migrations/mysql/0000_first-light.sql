CREATE TABLE `messages` (
	`request_id` char(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`key` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`version` int NOT NULL,
	`kind` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`content` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`created_at` bigint NOT NULL,
	`updated_at` bigint NOT NULL,
	`delivered_version` int NOT NULL,
	`slack_ts` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`slack_file_id` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`delivery_error` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`undelivered_since` bigint,
	CONSTRAINT `messages_key` PRIMARY KEY(`request_id`,`key`)
);
--> statement-breakpoint
CREATE TABLE `requests` (
	`id` char(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`deduplication_key` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`source` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`command` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`arguments` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`text` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`team_id` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`channel_id` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`thread_ts` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`user_id` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`state` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`error` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`created_at` bigint NOT NULL,
	`updated_at` bigint NOT NULL,
	`finished_at` bigint,
	`delivery_holder` varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`delivery_lease_until` bigint,
	CONSTRAINT `requests_id` PRIMARY KEY(`id`),
	CONSTRAINT `requests_deduplication_key` UNIQUE(`deduplication_key`)
);
--> statement-breakpoint
CREATE TABLE `snapshots` (
	`id` char(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`request_id` char(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`app` varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`environment` varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`created_at` bigint NOT NULL,
	`window_start_ms` bigint,
	`window_end_ms` bigint,
	`sample_count` bigint NOT NULL,
	`event` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`revision` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`pods` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`profile_key` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`picture_key` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`verdict` mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	CONSTRAINT `snapshots_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE INDEX `messages_undelivered` ON `messages` (`undelivered_since`,`request_id`);--> statement-breakpoint
CREATE INDEX `requests_newest` ON `requests` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `requests_by_state` ON `requests` (`state`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `requests_by_thread` ON `requests` (`team_id`,`channel_id`,`thread_ts`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `snapshots_newest` ON `snapshots` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `snapshots_by_app` ON `snapshots` (`app`,`environment`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `snapshots_by_environment` ON `snapshots` (`environment`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `snapshots_by_request` ON `snapshots` (`request_id`,`created_at`,`id`);