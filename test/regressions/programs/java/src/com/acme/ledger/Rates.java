package com.acme.ledger;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

final class Rates {
    private final Map<String, Double> known = new ConcurrentHashMap<>();

    long toEuro(long cents, String currency) {
        return Math.round(cents * rateOf(currency));
    }

    private double rateOf(String currency) {
        return known.computeIfAbsent(currency, this::reckon);
    }

    /** The mean of the last days, the latest counting most. */
    private double reckon(String currency) {
        double sum = 0;
        double weights = 0;
        for (int day = 1; day <= 120; day++) {
            double weight = 1.0 / day;
            sum += weight * quote(currency, day);
            weights += weight;
        }
        return sum / weights;
    }

    private double quote(String currency, int day) {
        int base = currency.charAt(0) % 7 + 3;
        return 0.5 + base / 10.0 + Math.sin(day * base) / 50;
    }
}
