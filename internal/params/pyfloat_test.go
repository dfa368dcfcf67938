package params_test

import (
	"math"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
)

func TestFloatsLookAsPythonPrintsThem(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{
		0: "0.0", 1: "1.0", -2.5: "-2.5", 0.1: "0.1", 123456789: "123456789.0",
		1e-4: "0.0001", 9.99e-5: "9.99e-05", 1e-7: "1e-07", 5e-324: "5e-324",
		9999999999999998: "9999999999999998.0", 1e16: "1e+16", -1e16: "-1e+16", 1.5e300: "1.5e+300",
		math.MaxFloat64: "1.7976931348623157e+308",
	} {
		if got := string(params.AppendPythonFloat([]byte("x"), f)); got != "x"+want {
			t.Errorf("%g is written as %s, want x%s", f, got, want)
		}
	}
	if got := string(params.AppendPythonFloat(nil, math.Copysign(0, -1))); got != "-0.0" {
		t.Errorf("minus zero is written as %s", got)
	}
}
