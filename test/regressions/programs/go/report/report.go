// Package report sums up what was sold.
package report

import (
	"fmt"
	"sort"
	"strings"

	"shop.example/orders/store"
)

type Writer struct{ title string }

type row struct {
	label  string
	count  int
	amount float64
}

func NewWriter() *Writer { return &Writer{title: "Sold"} }

func (w *Writer) Write(day int, orders []store.Order) string {
	var page strings.Builder
	fmt.Fprintf(&page, "%s on day %d\n", w.title, day)
	writeRows(&page, topRows(sumByTag(orders), 10))
	fmt.Fprintf(&page, "customers: %d\n", len(customersOf(orders)))
	writeRows(&page, topRows(sumByCountry(orders), 4))
	return page.String()
}

func sumByTag(orders []store.Order) map[string]*row {
	rows := map[string]*row{}
	for _, order := range orders {
		for _, line := range order.Lines {
			for _, tag := range line.Tags {
				add(rows, tag, line.Count, line.Amount)
			}
		}
	}
	return rows
}

func sumByCountry(orders []store.Order) map[string]*row {
	rows := map[string]*row{}
	for _, order := range orders {
		add(rows, order.Country, 1, order.Total)
	}
	return rows
}

func add(rows map[string]*row, label string, count int, amount float64) {
	known, ok := rows[label]
	if !ok {
		known = &row{label: label}
		rows[label] = known
	}
	known.count += count
	known.amount += amount
}

// customersOf lists each customer once, in the order of their first order.
func customersOf(orders []store.Order) []string {
	seen := make(map[string]bool, len(orders))
	customers := make([]string, 0, len(orders))
	for _, order := range orders {
		if !seen[order.Customer] {
			seen[order.Customer] = true
			customers = append(customers, order.Customer)
		}
	}
	return customers
}

func topRows(rows map[string]*row, limit int) []*row {
	sorted := make([]*row, 0, len(rows))
	for _, one := range rows {
		sorted = append(sorted, one)
	}
	sort.Slice(sorted, func(a, b int) bool { return sorted[a].amount > sorted[b].amount })
	if len(sorted) > limit {
		sorted = sorted[:limit]
	}
	return sorted
}

func writeRows(page *strings.Builder, rows []*row) {
	for _, one := range rows {
		fmt.Fprintf(page, "%-20s %6d %12.2f\n", one.label, one.count, one.amount)
	}
}
