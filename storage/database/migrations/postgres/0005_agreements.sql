CREATE TABLE "avalanche"."agreements" (
	"name" varchar(128) COLLATE "C" PRIMARY KEY NOT NULL,
	"content" text,
	"updated_at" bigint NOT NULL
);
