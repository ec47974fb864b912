// Package pricing puts prices, discounts and taxes on orders.
package pricing

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"shop.example/orders/store"
)

type rule struct {
	tag     string
	minimum int
	percent float64
}

type Engine struct {
	rules []rule
	byTag map[string][]rule
	rates map[string]float64
}

func NewEngine(count int) *Engine {
	engine := &Engine{byTag: map[string][]rule{}, rates: map[string]float64{"de": 0.19, "fr": 0.2, "it": 0.22, "se": 0.25}}
	for number := 0; number < count; number++ {
		engine.addRule(rule{tag: fmt.Sprintf("shelf-%d", number), minimum: 1 + number%3, percent: float64(number % 15)})
	}
	return engine
}

func (e *Engine) addRule(added rule) {
	e.rules = append(e.rules, added)
	e.byTag[added.tag] = append(e.byTag[added.tag], added)
}

// Price fills in the amounts of an order.
func (e *Engine) Price(order *store.Order) {
	total := 0.0
	for row := range order.Lines {
		line := &order.Lines[row]
		amount := float64(line.Cents*line.Count) * (1 - e.discountFor(line)/100)
		line.Amount = roundCents(amount)
		total += line.Amount
	}
	order.Shipping = shippingFor(order)
	order.Total = addTax(total+order.Shipping, e.taxRate(order.Country))
	order.Digest = digest(order)
}

// discountFor gives the best percentage of a line.
func (e *Engine) discountFor(line *store.Line) float64 {
	best := 0.0
	for _, tag := range line.Tags {
		for _, rule := range e.byTag[tag] {
			if line.Count >= rule.minimum {
				best = math.Max(best, rule.percent)
			}
		}
	}
	return best
}

func (e *Engine) taxRate(country string) float64 {
	return e.rates[strings.ToLower(country)]
}

func addTax(amount, rate float64) float64 { return roundCents(amount * (1 + rate)) }

func roundCents(amount float64) float64 { return math.Round(amount*100) / 100 }

// shippingFor packs the lines into boxes, the heaviest first.
func shippingFor(order *store.Order) float64 {
	weights := make([]int, 0, len(order.Lines))
	for _, line := range order.Lines {
		weights = append(weights, weightOf(line))
	}
	sort.Sort(sort.Reverse(sort.IntSlice(weights)))
	boxes, room := 1, 5000
	for _, weight := range weights {
		if weight > room {
			boxes++
			room = 5000
		}
		room -= weight
	}
	return float64(boxes) * 390
}

func weightOf(line store.Line) int {
	weight := 0
	for _, letter := range line.Name {
		weight += int(letter) % 13
	}
	return weight * line.Count
}

// digest lets the customer's own system notice a changed price.
func digest(order *store.Order) string {
	var parts strings.Builder
	for _, line := range order.Lines {
		fmt.Fprintf(&parts, "%s:%d:%.2f;", line.Sku, line.Count, line.Amount)
	}
	return parts.String()
}
