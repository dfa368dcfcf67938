package filter

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/pawlhq/pawl/internal/template/value"
)

func filterInt(_ *value.Work, v any, a *value.Arguments) (any, error) {
	missing := a.Opt("default", int64(0))
	base := a.OptInt("base", 10)
	if err := a.Done(); err != nil {
		return nil, err
	}
	if text, ok := v.(string); ok {
		if i, err := value.ParseInt(text, base); err == nil {
			return i, nil
		}
		f, err := value.ParseFloat(text)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return missing, nil //nolint:nilerr // the default is for what is no number
		}
		v = f
	}
	if u, ok := v.(value.Undefined); ok {
		return nil, u.Fail()
	}
	n, ok := value.ToNumber(v)
	switch {
	case !ok:
		return missing, nil
	case !n.IsFloat:
		return value.Integer(n.Big()), nil
	case math.IsInf(n.Float, 0):
		return nil, errors.New("cannot convert float infinity to integer")
	case math.IsNaN(n.Float):
		return missing, nil
	}
	i, _ := big.NewFloat(n.Float).Int(nil)
	return value.Integer(i), nil
}

func filterFloat(_ *value.Work, v any, a *value.Arguments) (any, error) {
	missing := a.Opt("default", 0.0)
	if err := a.Done(); err != nil {
		return nil, err
	}
	if text, ok := v.(string); ok {
		if f, err := value.ParseFloat(text); err == nil {
			return f, nil
		}
		return missing, nil
	}
	if u, ok := v.(value.Undefined); ok {
		return nil, u.Fail()
	}
	if n, ok := value.ToNumber(v); ok {
		return n.AsFloat()
	}
	return missing, nil
}

func filterRound(_ *value.Work, v any, a *value.Arguments) (any, error) {
	precision := a.OptInt("precision", 0)
	way := a.OptText("method", "common")
	if err := a.Done(); err != nil {
		return nil, err
	}
	if u, ok := v.(value.Undefined); ok {
		return nil, u.Fail()
	}
	n, ok := value.ToNumber(v)
	if !ok {
		return nil, fmt.Errorf("type %s doesn't define __round__ method", value.KindName(v))
	}
	switch way {
	case "common":
		return roundHalfEven(n, precision)
	case "ceil", "floor":
		f, err := n.AsFloat()
		if err != nil {
			return nil, err
		}
		scale := math.Pow(10, float64(precision))
		if f *= scale; way == "ceil" {
			return math.Ceil(f) / scale, nil
		}
		return math.Floor(f) / scale, nil
	}
	return nil, errors.New("method must be common, ceil or floor")
}

// roundHalfEven rounds what the float is exactly, as Python does.
func roundHalfEven(n value.Number, precision int) (any, error) {
	if !n.IsFloat {
		if precision >= 0 {
			return value.Integer(n.Big()), nil
		}
		if precision < -400 {
			return int64(0), nil
		}
		unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-precision)), nil)
		q, r := new(big.Int).DivMod(n.Big(), unit, new(big.Int))
		if c := r.Lsh(r, 1).Cmp(unit); c > 0 || c == 0 && q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
		return value.Integer(q.Mul(q, unit)), nil
	}
	if math.IsInf(n.Float, 0) || math.IsNaN(n.Float) || precision > 323 {
		return n.Float, nil
	}
	if precision < -308 {
		return math.Copysign(0, n.Float), nil
	}
	if precision >= 0 {
		f, _ := strconv.ParseFloat(strconv.FormatFloat(n.Float, 'f', precision, 64), 64) // it was formatted here
		return f, nil
	}
	scale := math.Pow(10, float64(-precision))
	return math.RoundToEven(n.Float/scale) * scale, nil
}

func filterFileSize(_ *value.Work, v any, a *value.Arguments) (any, error) {
	binary := a.Flag("binary")
	if err := a.Done(); err != nil {
		return nil, err
	}
	if u, ok := v.(value.Undefined); ok {
		return nil, u.Fail()
	}
	var bytes float64
	var err error
	if text, ok := v.(string); ok {
		bytes, err = value.ParseFloat(text)
	} else if n, ok := value.ToNumber(v); ok {
		bytes, err = n.AsFloat()
	} else {
		err = fmt.Errorf("filesizeformat() needs a number, not %s", value.KindName(v))
	}
	if err != nil {
		return nil, err
	}
	base, suffix := 1000.0, "B"
	if binary {
		base, suffix = 1024, "iB"
	}
	if bytes == 1 {
		return "1 Byte", nil
	}
	if bytes < base {
		return fmt.Sprintf("%.0f Bytes", math.Trunc(bytes)), nil
	}
	prefixes := "kMGTPEZY"
	if binary {
		prefixes = "KMGTPEZY"
	}
	unit := base * base
	for i := range prefixes {
		if bytes < unit || i == len(prefixes)-1 {
			return fmt.Sprintf("%.1f %c%s", base*bytes/unit, prefixes[i], suffix), nil
		}
		unit *= base
	}
	return nil, errors.New("unreachable")
}
