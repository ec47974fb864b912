package com.acme.ledger;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

final class Account {
    private static final int KEPT = 400;
    private final String name;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private long balance;

    record Entry(long id, long cents, String text) {}

    Account(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    synchronized void book(Entry entry) {
        entries.addLast(entry);
        balance += entry.cents();
        if (entries.size() > KEPT) entries.removeFirst();
    }

    synchronized long balance() {
        return balance;
    }

    synchronized List<Entry> latest(int limit) {
        List<Entry> all = new ArrayList<>(entries);
        return all.subList(Math.max(0, all.size() - limit), all.size());
    }
}
