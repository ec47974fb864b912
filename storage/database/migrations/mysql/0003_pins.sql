ALTER TABLE `snapshots` ADD `pinned_at` bigint;--> statement-breakpoint
ALTER TABLE `snapshots` ADD `pinned_by` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;