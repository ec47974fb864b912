// Package api takes requests apart and puts answers together.
package api

import (
	"encoding/json"
	"fmt"
	"hash/fnv"

	"shop.example/orders/catalog"
	"shop.example/orders/pricing"
	"shop.example/orders/report"
	"shop.example/orders/store"
	"shop.example/orders/text"
)

type Request struct {
	Customer string   `json:"customer"`
	Country  string   `json:"country"`
	Note     string   `json:"note"`
	Lines    []string `json:"lines"`
}

type Server struct {
	items  *catalog.Catalog
	prices *pricing.Engine
	orders *store.Store
	writer *report.Writer
}

func NewServer(items *catalog.Catalog, prices *pricing.Engine, orders *store.Store, writer *report.Writer) *Server {
	return &Server{items: items, prices: prices, orders: orders, writer: writer}
}

// NewRequest makes the body of the request with the given number.
func NewRequest(number, lines int) []byte {
	request := Request{
		Customer: fmt.Sprintf("customer-%d", number%700),
		Country:  []string{"de", "fr", "it", "se"}[number%4],
		Note:     fmt.Sprintf("  Leave it at the DOOR, please; ring %d times. Thank you ", number%9),
	}
	for line := 0; line < lines; line++ {
		request.Lines = append(request.Lines, catalog.Sku((number*31+line*17)%3000))
	}
	body, _ := json.Marshal(request)
	return body
}

func (s *Server) PlaceOrder(body []byte) []byte {
	request, err := decode(body)
	if err != nil {
		return nil
	}
	order := s.buildOrder(request)
	s.prices.Price(&order)
	s.orders.Put(order)
	return encode(order)
}

func decode(body []byte) (Request, error) {
	var request Request
	err := json.Unmarshal(body, &request)
	return request, err
}

func (s *Server) buildOrder(request Request) store.Order {
	order := store.Order{
		ID:       orderID(request.Customer, request.Lines),
		Customer: request.Customer,
		Country:  request.Country,
		Note:     text.Normalize(request.Note),
	}
	for _, sku := range request.Lines {
		item, ok := s.items.Find(sku)
		if !ok {
			continue
		}
		order.Lines = append(order.Lines, store.Line{Sku: item.Sku, Name: item.Name, Tags: item.Tags, Cents: item.Cents, Count: 1 + len(sku)%3})
	}
	order.Lines = mergeLines(order.Lines)
	return order
}

// mergeLines joins lines of the same article.
func mergeLines(lines []store.Line) []store.Line {
	merged := make([]store.Line, 0, len(lines))
	rows := make(map[string]int, len(lines))
	for _, line := range lines {
		if row, ok := rows[line.Sku]; ok {
			merged[row].Count += line.Count
			continue
		}
		rows[line.Sku] = len(merged)
		merged = append(merged, line)
	}
	return merged
}

func orderID(customer string, lines []string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(customer))
	for _, line := range lines {
		_, _ = hash.Write([]byte(line))
	}
	return hash.Sum64()
}

func encode(order store.Order) []byte {
	answer, _ := json.Marshal(order)
	return answer
}

func (s *Server) DailyReport(day int) string {
	return s.writer.Write(day, s.orders.Latest(300))
}
