package com.acme.ledger;

import java.util.concurrent.atomic.LongAdder;

final class PaymentService {
    private final MessageParser parser = new MessageParser();
    private final Rates rates = new Rates();
    private final Ledger ledger = new Ledger();
    private final FraudCheck fraud = new FraudCheck();
    private final StatementWriter writer = new StatementWriter();
    private final AuditLog audit = new AuditLog();
    private final LongAdder accepted = new LongAdder();

    PaymentService(int accounts) {
        for (int number = 0; number < accounts; number++) ledger.account("DE" + number);
    }

    void accept(String message) {
        Payment payment = parser.parse(message);
        if (isSuspicious(payment)) {
            audit.write("held back " + payment.id());
            return;
        }
        ledger.book(payment, rates.toEuro(payment.cents(), payment.currency()));
        accepted.increment();
    }

    private boolean isSuspicious(Payment payment) {
        return fraud.score(payment) > 0.8;
    }

    String statement(int number) {
        return writer.write(ledger.account("DE" + number));
    }

    String describe() {
        return accepted.sum() + " payments, " + ledger.size() + " accounts";
    }
}
