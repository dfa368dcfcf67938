// Package signal holds the operators that take part in what other programs say
// to each other: one waits for a message, one sends a record. They know neither
// who brings messages nor who takes records away.
package signal

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// Specs returns the operators.
func Specs() []operator.Spec {
	return []operator.Spec{
		{Name: "wait_signal", Operator: operator.Func(wait), Check: checkWait, Keys: waitKeys, Light: true, Served: true},
		{Name: "send", Operator: operator.Func(send), Check: checkSend, Keys: sendKeys, Light: true, Served: true},
		{Name: "kafka", Operator: operator.Func(send), Check: checkSend, Keys: sendKeys, Light: true, Served: true},
	}
}

// readTopic reads the command.
func readTopic(own params.Map) (string, error) {
	topic, err := own.String("_command")
	if err == nil {
		err = model.CheckTopic(topic)
	}
	return topic, err
}
