CREATE SCHEMA "avalanche";
--> statement-breakpoint
CREATE TABLE "avalanche"."messages" (
	"request_id" varchar(36) NOT NULL,
	"key" varchar(64) NOT NULL,
	"version" integer NOT NULL,
	"kind" varchar(32) NOT NULL,
	"content" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"delivered_version" integer NOT NULL,
	"slack_ts" varchar(64),
	"slack_file_id" varchar(64),
	"delivery_error" text,
	"undelivered_since" bigint,
	CONSTRAINT "messages_key" PRIMARY KEY("request_id","key")
);
--> statement-breakpoint
CREATE TABLE "avalanche"."requests" (
	"id" varchar(36) PRIMARY KEY NOT NULL,
	"deduplication_key" varchar(512) NOT NULL,
	"source" varchar(32) NOT NULL,
	"command" varchar(64) NOT NULL,
	"arguments" text,
	"text" text NOT NULL,
	"team_id" varchar(64) NOT NULL,
	"channel_id" varchar(64) NOT NULL,
	"thread_ts" varchar(64),
	"user_id" varchar(64) NOT NULL,
	"state" varchar(32) NOT NULL,
	"error" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"finished_at" bigint,
	"delivery_holder" varchar(128),
	"delivery_lease_until" bigint
);
--> statement-breakpoint
CREATE TABLE "avalanche"."snapshots" (
	"id" varchar(36) PRIMARY KEY NOT NULL,
	"request_id" varchar(36) NOT NULL,
	"app" varchar(128) NOT NULL,
	"environment" varchar(128) NOT NULL,
	"created_at" bigint NOT NULL,
	"window_start_ms" bigint,
	"window_end_ms" bigint,
	"sample_count" bigint NOT NULL,
	"event" varchar(255) NOT NULL,
	"revision" varchar(255),
	"pods" text NOT NULL,
	"profile_key" varchar(512) NOT NULL,
	"picture_key" varchar(512) NOT NULL,
	"verdict" text
);
--> statement-breakpoint
CREATE INDEX "messages_undelivered" ON "avalanche"."messages" USING btree ("undelivered_since","request_id");--> statement-breakpoint
CREATE UNIQUE INDEX "requests_deduplication_key" ON "avalanche"."requests" USING btree ("deduplication_key");--> statement-breakpoint
CREATE INDEX "requests_newest" ON "avalanche"."requests" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "requests_by_state" ON "avalanche"."requests" USING btree ("state","created_at","id");--> statement-breakpoint
CREATE INDEX "requests_by_thread" ON "avalanche"."requests" USING btree ("team_id","channel_id","thread_ts","created_at","id");--> statement-breakpoint
CREATE INDEX "snapshots_newest" ON "avalanche"."snapshots" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "snapshots_by_app" ON "avalanche"."snapshots" USING btree ("app","environment","created_at","id");--> statement-breakpoint
CREATE INDEX "snapshots_by_environment" ON "avalanche"."snapshots" USING btree ("environment","created_at","id");--> statement-breakpoint
CREATE INDEX "snapshots_by_request" ON "avalanche"."snapshots" USING btree ("request_id","created_at","id");