package com.acme.ledger;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

final class Ledger {
    private final Map<String, Account> accounts = new ConcurrentHashMap<>();

    void book(Payment payment, long euroCents) {
        account(payment.from()).book(new Account.Entry(payment.id(), -euroCents, payment.text()));
        account(payment.to()).book(new Account.Entry(payment.id(), euroCents, payment.text()));
    }

    Account account(String name) {
        return accounts.computeIfAbsent(name, Account::new);
    }

    int size() {
        return accounts.size();
    }
}
