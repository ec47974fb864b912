CREATE TABLE "avalanche"."audit" (
	"request_id" varchar(36) COLLATE "C" PRIMARY KEY NOT NULL,
	"source" varchar(32) COLLATE "C" NOT NULL,
	"command" varchar(64) COLLATE "C" NOT NULL,
	"app" varchar(128) COLLATE "C",
	"environment" varchar(128) COLLATE "C",
	"team_id" varchar(64) COLLATE "C" NOT NULL,
	"channel_id" varchar(64) COLLATE "C" NOT NULL,
	"user_id" varchar(64) COLLATE "C" NOT NULL,
	"state" varchar(32) COLLATE "C" NOT NULL,
	"error_code" varchar(64) COLLATE "C",
	"created_at" bigint NOT NULL,
	"finished_at" bigint
);
--> statement-breakpoint
CREATE INDEX "audit_oldest" ON "avalanche"."audit" USING btree ("created_at","request_id");--> statement-breakpoint
CREATE INDEX "audit_newest" ON "avalanche"."audit" USING btree ("team_id","created_at","request_id");--> statement-breakpoint
CREATE INDEX "audit_by_user" ON "avalanche"."audit" USING btree ("team_id","user_id","created_at","request_id");--> statement-breakpoint
CREATE INDEX "audit_by_user_and_app" ON "avalanche"."audit" USING btree ("team_id","user_id","app","environment","created_at","request_id");--> statement-breakpoint
CREATE INDEX "audit_by_app" ON "avalanche"."audit" USING btree ("app","environment","created_at","request_id");