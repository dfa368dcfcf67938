package httpop

import (
	"encoding/binary"
	"mime"
	"strings"
	"unicode/utf16"
)

// decode returns the text that body is in the character set of a media type,
// which is UTF-8 when it names none.
func decode(body []byte, mediaType string) (string, error) {
	charset := "utf-8"
	if _, parameters, err := mime.ParseMediaType(mediaType); err == nil && parameters["charset"] != "" {
		charset = strings.ToLower(parameters["charset"])
	}
	switch charset {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return strings.ToValidUTF8(string(body), "\uFFFD"), nil
	case "iso-8859-1", "latin1":
		runes := make([]rune, len(body))
		for i, b := range body {
			runes[i] = rune(b)
		}
		return string(runes), nil
	case "utf-16", "utf-16be":
		return decode16(body, binary.BigEndian), nil
	case "utf-16le":
		return decode16(body, binary.LittleEndian), nil
	}
	return "", failf("Unsupported charset in the response: %s", charset)
}

// decode16 reads UTF-16. A byte order mark counts more than the given order.
func decode16(body []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	const mark, reversed = 0xFEFF, 0xFFFE
	if len(units) > 0 && units[0] == reversed {
		for i, u := range units {
			units[i] = u<<8 | u>>8
		}
	}
	if len(units) > 0 && units[0] == mark {
		units = units[1:]
	}
	return string(utf16.Decode(units))
}
