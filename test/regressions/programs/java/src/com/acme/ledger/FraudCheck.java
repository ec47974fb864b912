package com.acme.ledger;

import java.util.ArrayList;
import java.util.List;

/** Looks for payments that look like the one before. */
final class FraudCheck {
    private final List<Rule> rules = new ArrayList<>();

    interface Rule {
        double score(Payment payment);
    }

    FraudCheck() {
        rules.add(this::roundAmount);
        rules.add(this::oddText);
        rules.add(this::sameDigits);
    }

    double score(Payment payment) {
        double total = 0;
        for (Rule rule : rules) total += rule.score(payment);
        return total;
    }

    private double roundAmount(Payment payment) {
        return payment.cents() % 1000 == 0 ? 0.4 : 0;
    }

    private double oddText(Payment payment) {
        int digits = 0;
        String text = payment.text();
        for (int place = 0; place < text.length(); place++) if (Character.isDigit(text.charAt(place))) digits++;
        return digits > 6 ? 0.3 : 0;
    }

    private double sameDigits(Payment payment) {
        String digits = Long.toString(payment.cents());
        return digits.chars().distinct().count() == 1 ? 0.2 : 0;
    }
}
