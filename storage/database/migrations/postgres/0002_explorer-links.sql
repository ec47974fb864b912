CREATE TABLE "avalanche"."link_revocations" (
	"snapshot_id" varchar(36) COLLATE "C" PRIMARY KEY NOT NULL,
	"revoked_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "avalanche"."secrets" (
	"name" varchar(64) COLLATE "C" PRIMARY KEY NOT NULL,
	"value" varchar(255) COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL
);
