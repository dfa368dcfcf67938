package template

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"
)

// maxBits is how large integers can become.
const maxBits = 1 << 16

var errTooLarge = errors.New("integer is too large")

// number is a value as what it counts in arithmetic: an int (small, or large
// where it does not fit) or a float.
type number struct {
	small   int64
	large   *big.Int
	float   float64
	isFloat bool
}

func toNumber(v any) (number, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return number{small: 1}, true
		}
		return number{}, true
	case int64:
		return number{small: v}, true
	case *big.Int:
		return number{large: v}, true
	case float64:
		return number{float: v, isFloat: true}, true
	}
	return number{}, false
}

func (n number) big() *big.Int {
	if n.large != nil {
		return n.large
	}
	return big.NewInt(n.small)
}

// asFloat fails where Python's float(int) does.
func (n number) asFloat() (float64, error) {
	if n.isFloat {
		return n.float, nil
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

// toInt reads an int that a call needs, such as a width.
func toInt(v any) (int, error) {
	n, ok := toNumber(v)
	if !ok || n.isFloat {
		return 0, fmt.Errorf("'%s' object cannot be interpreted as an integer", kindName(v))
	}
	if n.large != nil {
		return 0, said("Python int too large to convert to C ssize_t")
	}
	return int(n.small), nil
}

// binary computes a op b.
func (s *state) binary(op string, a, b any) (any, error) {
	for _, v := range []any{a, b} {
		if u, ok := v.(undefined); ok {
			if text, isText := a.(string); isText && op == "%" {
				return s.percent(text, b)
			}
			return nil, u.fail()
		}
	}
	x, xok := toNumber(a)
	y, yok := toNumber(b)
	if xok && yok {
		if x.isFloat || y.isFloat {
			return floatBinary(op, x, y)
		}
		return intBinary(op, x, y)
	}
	switch op {
	case "+":
		return s.join(a, b)
	case "*":
		if yok && !y.isFloat {
			return s.repeat(a, b)
		}
		if xok && !x.isFloat {
			return s.repeat(b, a)
		}
	case "%":
		if text, ok := a.(string); ok {
			return s.percent(text, b)
		}
	}
	return nil, operandError(op, a, b)
}

func operandError(op string, a, b any) error {
	if op == "**" {
		op = "** or pow()"
	}
	return fmt.Errorf("unsupported operand type(s) for %s: '%s' and '%s'", op, kindName(a), kindName(b))
}

// join is + of what is no number.
func (s *state) join(a, b any) (any, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return x + y, s.spend(len(x) + len(y))
		}
		return nil, fmt.Errorf("can only concatenate str (not \"%s\") to str", kindName(b))
	case *list:
		if y, ok := b.(*list); ok {
			items := append(x.items[:len(x.items):len(x.items)], y.items...)
			return newList(items), s.spend(len(items))
		}
		return nil, fmt.Errorf("can only concatenate list (not \"%s\") to list", kindName(b))
	case Tuple:
		if y, ok := b.(Tuple); ok {
			items := append(x[:len(x):len(x)], y...)
			return items, s.spend(len(items))
		}
		return nil, fmt.Errorf("can only concatenate tuple (not \"%s\") to tuple", kindName(b))
	}
	return nil, operandError("+", a, b)
}

func (s *state) repeat(v, times any) (any, error) {
	n, err := toInt(times)
	if err != nil {
		return nil, err
	}
	n = max(n, 0)
	var items []any
	switch v := v.(type) {
	case string:
		if err := s.spendTimes(len(v), n); err != nil || v == "" {
			return "", err
		}
		return strings.Repeat(v, n), nil
	case *list:
		items = v.items
	case Tuple:
		items = v
	default:
		return nil, operandError("*", v, times)
	}
	if err := s.spendTimes(len(items), n); err != nil {
		return nil, err
	}
	var out []any
	for range n * min(len(items), 1) {
		out = append(out, items...)
	}
	if _, ok := v.(Tuple); ok {
		return Tuple(out), nil
	}
	return newList(out), nil
}

func intBinary(op string, x, y number) (any, error) {
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
	a, b, r := x.big(), y.big(), new(big.Int)
	switch op {
	case "+":
		r.Add(a, b)
	case "-":
		r.Sub(a, b)
	case "*":
		r.Mul(a, b)
	default:
		if b.Sign() == 0 {
			return nil, errDivision(op)
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
	if r.BitLen() > maxBits {
		return nil, errTooLarge
	}
	return integer(r), nil
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
		return nil, false, errDivision(op)
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

func errDivision(op string) error {
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

func trueDivide(x, y number) (any, error) {
	b := y.big()
	if b.Sign() == 0 {
		return nil, errDivision("/")
	}
	if x.big().Sign() == 0 && b.Sign() < 0 {
		return math.Copysign(0, -1), nil
	}
	f, _ := new(big.Rat).SetFrac(x.big(), b).Float64()
	if math.IsInf(f, 0) {
		return nil, errors.New("integer division result too large for a float")
	}
	return f, nil
}

func intPower(x, y number) (any, error) {
	base, exponent := x.big(), y.big()
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
	if !exponent.IsInt64() || exponent.Int64() > maxBits || exponent.Int64()*int64(base.BitLen()) > 2*maxBits {
		return nil, errTooLarge
	}
	r := new(big.Int).Exp(base, exponent, nil)
	if r.BitLen() > maxBits {
		return nil, errTooLarge
	}
	return integer(r), nil
}

func floatBinary(op string, x, y number) (any, error) {
	a, err := x.asFloat()
	if err != nil {
		return nil, err
	}
	b, err := y.asFloat()
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
		return nil, errDivision("**")
	}
	if a < 0 && b != math.Trunc(b) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
		return nil, errors.New("complex numbers are not supported")
	}
	r := math.Pow(a, b)
	if math.IsInf(r, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
		return nil, said("Numerical result out of range")
	}
	return r, nil
}

// signed computes +v and -v.
func signed(op string, v any) (any, error) {
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	n, ok := toNumber(v)
	switch {
	case !ok:
		return nil, fmt.Errorf("bad operand type for unary %s: '%s'", op, kindName(v))
	case n.isFloat && op == "-":
		return -n.float, nil
	case n.isFloat:
		return n.float, nil
	case op == "-":
		return integer(new(big.Int).Neg(n.big())), nil
	}
	return integer(n.big()), nil
}
