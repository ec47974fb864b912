// Package text cleans what people type.
package text

import (
	"regexp"
	"strings"
	"unicode"
)

var blanks = regexp.MustCompile(`\s+`)

// Normalize makes a note fit for the label: one line, no shouting.
func Normalize(note string) string {
	plain := strings.TrimSpace(blanks.ReplaceAllString(note, " "))
	return limit(calm(dropControls(plain)), 120)
}

func dropControls(note string) string {
	return strings.Map(func(letter rune) rune {
		if unicode.IsControl(letter) {
			return -1
		}
		return letter
	}, note)
}

func calm(note string) string {
	words := strings.Fields(note)
	for row, word := range words {
		if len(word) > 2 && word == strings.ToUpper(word) {
			words[row] = strings.ToLower(word)
		}
	}
	return strings.Join(words, " ")
}

func limit(note string, letters int) string {
	if len(note) <= letters {
		return note
	}
	return note[:letters]
}
