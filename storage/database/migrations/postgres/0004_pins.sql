ALTER TABLE "avalanche"."snapshots" ADD COLUMN "pinned_at" bigint;--> statement-breakpoint
ALTER TABLE "avalanche"."snapshots" ADD COLUMN "pinned_by" varchar(64) COLLATE "C";