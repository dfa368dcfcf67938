package value

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"
)

// MaxBits is how large integers can become.
const MaxBits = 1 << 16

var errTooLarge = errors.New("integer is too large")

// Number is a value as what it counts in arithmetic: an int (small, or large
// where it does not fit) or a float.
type Number struct {
	small   int64
	large   *big.Int
	Float   float64
	IsFloat bool
}

// ToNumber returns the number that a value is, or counts as.
func ToNumber(v any) (Number, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return Number{small: 1}, true
		}
		return Number{}, true
	case int64:
		return Number{small: v}, true
	case *big.Int:
		return Number{large: v}, true
	case float64:
		return Number{Float: v, IsFloat: true}, true
	}
	return Number{}, false
}

// Big returns the integer, of any size.
func (n Number) Big() *big.Int {
	if n.large != nil {
		return n.large
	}
	return big.NewInt(n.small)
}

// AsFloat fails where Python's float(int) does.
func (n Number) AsFloat() (float64, error) {
	if n.IsFloat {
		return n.Float, nil
	}
	if n.large == nil {
		return float64(n.small), nil
	}
	f, _ := new(big.Float).SetInt(n.large).Float64()
	if math.IsInf(f, 0) {
		return 0, errors.New("int too large to convert to float")
	}
	return f, nil
}

// ToInt reads an int that a call needs, such as a width.
func ToInt(v any) (int, error) {
	n, ok := ToNumber(v)
	if !ok || n.IsFloat {
		return 0, fmt.Errorf("'%s' object cannot be interpreted as an integer", KindName(v))
	}
	if n.large != nil {
		return 0, Said("Python int too large to convert to C ssize_t")
	}
	return int(n.small), nil
}

// Binary computes a op b.
func (w *Work) Binary(op string, a, b any) (any, error) {
	for _, v := range []any{a, b} {
		if u, ok := v.(Undefined); ok {
			if text, isText := a.(string); isText && op == "%" {
				return w.Percent(text, b)
			}
			return nil, u.Fail()
		}
	}
	x, xok := ToNumber(a)
	y, yok := ToNumber(b)
	if xok && yok {
		if x.IsFloat || y.IsFloat {
			return floatBinary(op, x, y)
		}
		return intBinary(op, x, y)
	}
	switch op {
	case "+":
		return w.join(a, b)
	case "*":
		if yok && !y.IsFloat {
			return w.repeat(a, b)
		}
		if xok && !x.IsFloat {
			return w.repeat(b, a)
		}
	case "%":
		if text, ok := a.(string); ok {
			return w.Percent(text, b)
		}
	}
	return nil, operandError(op, a, b)
}

func operandError(op string, a, b any) error {
	if op == "**" {
		op = "** or pow()"
	}
	return fmt.Errorf("unsupported operand type(s) for %s: '%s' and '%s'", op, KindName(a), KindName(b))
}

// join is + of what is no number.
func (w *Work) join(a, b any) (any, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return x + y, w.Spend(len(x) + len(y))
		}
		return nil, fmt.Errorf("can only concatenate str (not \"%s\") to str", KindName(b))
	case *List:
		if y, ok := b.(*List); ok {
			items := append(x.Items[:len(x.Items):len(x.Items)], y.Items...)
			return NewList(items), w.Spend(len(items))
		}
		return nil, fmt.Errorf("can only concatenate list (not \"%s\") to list", KindName(b))
	case Tuple:
		if y, ok := b.(Tuple); ok {
			items := append(x[:len(x):len(x)], y...)
			return items, w.Spend(len(items))
		}
		return nil, fmt.Errorf("can only concatenate tuple (not \"%s\") to tuple", KindName(b))
	}
	return nil, operandError("+", a, b)
}

func (w *Work) repeat(v, times any) (any, error) {
	n, err := ToInt(times)
	if err != nil {
		return nil, err
	}
	n = max(n, 0)
	var items []any
	switch v := v.(type) {
	case string:
		if err := w.SpendTimes(len(v), n); err != nil || v == "" {
			return "", err
		}
		return strings.Repeat(v, n), nil
	case *List:
		items = v.Items
	case Tuple:
		items = v
	default:
		return nil, operandError("*", v, times)
	}
	if err := w.SpendTimes(len(items), n); err != nil {
		return nil, err
	}
	var out []any
	for range n * min(len(items), 1) {
		out = append(out, items...)
	}
	if _, ok := v.(Tuple); ok {
		return Tuple(out), nil
	}
	return NewList(out), nil
}

func intBinary(op string, x, y Number) (any, error) {
	if op == "/" {
		return trueDivide(x, y)
	}
	if op == "**" {
		return intPower(x, y)
	}
	if x.large == nil && y.large == nil {
		if v, ok, err := smallBinary(op, x.small, y.small); ok || err != nil {
			return v, err
		}
	}
	a, b, r := x.Big(), y.Big(), new(big.Int)
	switch op {
	case "+":
		r.Add(a, b)
	case "-":
		r.Sub(a, b)
	case "*":
		r.Mul(a, b)
	default:
		if b.Sign() == 0 {
			return nil, DivisionByZero(op)
		}
		m := new(big.Int)
		r.DivMod(a, b, m) // Euclidean; Python's remainder has the sign of b
		if m.Sign() != 0 && b.Sign() < 0 {
			r.Sub(r, big.NewInt(1))
			m.Add(m, b)
		}
		if op == "%" {
			r = m
		}
	}
	if r.BitLen() > MaxBits {
		return nil, errTooLarge
	}
	return Integer(r), nil
}

// smallBinary computes what neither overflows nor fails.
func smallBinary(op string, a, b int64) (v any, ok bool, err error) {
	switch op {
	case "+":
		r := a + b
		return r, (r > a) == (b > 0), nil
	case "-":
		r := a - b
		return r, (r < a) == (b > 0), nil
	case "*":
		hi, lo := bits.Mul64(uint64(max(a, -a)), uint64(max(b, -b)))
		return a * b, hi == 0 && lo < 1<<63 && a != math.MinInt64 && b != math.MinInt64, nil
	}
	if b == 0 {
		return nil, false, DivisionByZero(op)
	}
	if b == -1 {
		return nil, false, nil
	}
	q, m := a/b, a%b
	if m != 0 && (m < 0) != (b < 0) {
		q, m = q-1, m+b
	}
	if op == "%" {
		return m, true, nil
	}
	return q, true, nil
}

// DivisionByZero is the error of a division.
func DivisionByZero(op string) error {
	switch op {
	case "/":
		return errors.New("division by zero")
	case "**":
		return errors.New("0.0 cannot be raised to a negative power")
	case "%":
		return errors.New("integer modulo by zero")
	}
	return errors.New("integer division or modulo by zero")
}

func trueDivide(x, y Number) (any, error) {
	b := y.Big()
	if b.Sign() == 0 {
		return nil, DivisionByZero("/")
	}
	if x.Big().Sign() == 0 && b.Sign() < 0 {
		return math.Copysign(0, -1), nil
	}
	f, _ := new(big.Rat).SetFrac(x.Big(), b).Float64()
	if math.IsInf(f, 0) {
		return nil, errors.New("integer division result too large for a float")
	}
	return f, nil
}

func intPower(x, y Number) (any, error) {
	base, exponent := x.Big(), y.Big()
	if exponent.Sign() < 0 {
		return floatBinary("**", x, y)
	}
	if base.IsInt64() && base.CmpAbs(big.NewInt(1)) <= 0 {
		if exponent.Bit(0) == 0 && exponent.Sign() > 0 {
			return base.Int64() * base.Int64(), nil
		}
		if exponent.Sign() == 0 {
			return int64(1), nil
		}
		return base.Int64(), nil
	}
	if !exponent.IsInt64() || exponent.Int64() > MaxBits || exponent.Int64()*int64(base.BitLen()) > 2*MaxBits {
		return nil, errTooLarge
	}
	r := new(big.Int).Exp(base, exponent, nil)
	if r.BitLen() > MaxBits {
		return nil, errTooLarge
	}
	return Integer(r), nil
}

func floatBinary(op string, x, y Number) (any, error) {
	a, err := x.AsFloat()
	if err != nil {
		return nil, err
	}
	b, err := y.AsFloat()
	if err != nil {
		return nil, err
	}
	switch op {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	case "**":
		return floatPower(a, b)
	}
	if b == 0 {
		return nil, map[string]error{
			"/": errors.New("float division by zero"), "//": errors.New("float floor division by zero"), "%": errors.New("float modulo"),
		}[op]
	}
	switch op {
	case "/":
		return a / b, nil
	case "//":
		quotient, _ := floatDivMod(a, b)
		return quotient, nil
	}
	_, remainder := floatDivMod(a, b)
	return remainder, nil
}

func floatDivMod(a, b float64) (quotient, remainder float64) {
	m := math.Mod(a, b)
	q := (a - m) / b
	if m != 0 && (b < 0) != (m < 0) {
		m += b
		q--
	} else if m == 0 {
		m = math.Copysign(0, b)
	}
	if q == 0 {
		return math.Copysign(0, a/b), m
	}
	f := math.Floor(q)
	if q-f > 0.5 {
		f++
	}
	return f, m
}

func floatPower(a, b float64) (any, error) {
	if a == 0 && b < 0 {
		return nil, DivisionByZero("**")
	}
	if a < 0 && b != math.Trunc(b) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
		return nil, errors.New("complex numbers are not supported")
	}
	r := math.Pow(a, b)
	if math.IsInf(r, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
		return nil, Said("Numerical result out of range")
	}
	return r, nil
}

// Signed computes +v and -v.
func Signed(op string, v any) (any, error) {
	if u, ok := v.(Undefined); ok {
		return nil, u.Fail()
	}
	n, ok := ToNumber(v)
	switch {
	case !ok:
		return nil, fmt.Errorf("bad operand type for unary %s: '%s'", op, KindName(v))
	case n.IsFloat && op == "-":
		return -n.Float, nil
	case n.IsFloat:
		return n.Float, nil
	case op == "-":
		return Integer(new(big.Int).Neg(n.Big())), nil
	}
	return Integer(n.Big()), nil
}
