package com.acme.ledger;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

final class StatementWriter {
    String write(Account account) {
        List<Account.Entry> entries = account.latest(200);
        return head(account) + body(entries) + foot(entries);
    }

    private String head(Account account) {
        return "Statement of " + account.name() + ", balance " + amount(account.balance()) + "\n";
    }

    private String body(List<Account.Entry> entries) {
        return entries.stream()
            .sorted(Comparator.comparingLong(Account.Entry::cents))
            .limit(60)
            .map(this::line)
            .collect(Collectors.joining("\n"));
    }

    private String line(Account.Entry entry) {
        return entry.id() + "  " + amount(entry.cents()) + "  " + entry.text();
    }

    /** How many different texts there were. */
    private String foot(List<Account.Entry> entries) {
        long texts = entries.stream().map(Account.Entry::text).distinct().count();
        return "\n" + texts + " kinds of payment\n";
    }

    static String amount(long cents) {
        return (cents / 100) + "." + Long.toString(100 + Math.abs(cents % 100)).substring(1);
    }
}
