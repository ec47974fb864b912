package com.acme.ledger;

record Payment(long id, String from, String to, long cents, String currency, String text) {}
