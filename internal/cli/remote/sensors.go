package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type sensorsOptions struct {
	Options
	console.OutputOptions
	cursor string
}

// sensorVerbs are what is done to sensors.
var sensorVerbs = []string{"enable", "disable", "reset"}

func newSensors(world console.IO) *cobra.Command {
	o := sensorsOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "sensors [PROJECT [WORKFLOW] | enable|disable|reset SENSOR | enable|disable|reset PROJECT WORKFLOW]", Aliases: []string{"sensor"},
		GroupID: "remote", Args: sensorsArgs, ValidArgs: sensorVerbs,
		Short: "List the sensors, or switch and reset them",
		Long: "List the sensors on a server, or in the files of this folder, or those of a project: what each has seen up to\n" +
			"now, which is its cursor, and when it is evaluated again.\n\n`disable` keeps a sensor from being evaluated, and `enable` has it evaluated again, at once. `reset` takes its\n" +
			"cursor away, or gives it the one of --cursor, and has it evaluated at once; the run keys that it has used stay used.",
		Example: "  pawl sensors\n  pawl sensors shop\n  pawl sensors disable 3\n  pawl sensors reset shop orders --cursor 2026-01-30",
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("cursor") && (len(args) == 0 || args[0] != "reset") {
				return model.Errorf(model.Invalid, "--cursor is for `pawl sensors reset`")
			}
			connect := o.AskDefined
			if len(args) > 0 && slices.Contains(sensorVerbs, args[0]) {
				connect = o.With
			}
			return connect(c.Context(), func(ctx context.Context, r Server) error { return o.run(ctx, r, args) })
		},
	}
	c.Flags().StringVar(&o.cursor, "cursor", "", "reset: give the sensor this `TEXT`")
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// sensorsArgs accepts what is listed, or what is done to a sensor.
func sensorsArgs(_ *cobra.Command, args []string) error {
	verb := len(args) > 0 && slices.Contains(sensorVerbs, args[0])
	switch {
	case verb && len(args) == 1:
		return fmt.Errorf("%s takes a SENSOR, or a PROJECT and a WORKFLOW", args[0])
	case len(args) > 3 || !verb && len(args) > 2:
		return errors.New("there are too many arguments")
	}
	return nil
}

func (o *sensorsOptions) run(ctx context.Context, r Server, args []string) error {
	if len(args) > 0 && slices.Contains(sensorVerbs, args[0]) {
		return o.change(ctx, r, args[0], args[1:])
	}
	args = append(args, "", "")
	found, err := r.Sensors(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	now := o.World.Clock.Now()
	about := func(s client.Sensor) console.Record {
		return console.Record{
			"id", string(s.ID), "project", s.Project.Name, "workflow", s.Workflow.Name, "disabled at", distant(s.DisabledAt, now),
			"cursor", chosen(s.Cursor), "last run key", chosen(s.LastRunKey), "failures", fmt.Sprint(s.Failures),
			"evaluated at", distant(client.Instant(s.LastTickAt), now), "outcome", outcomeOf(&s), "next evaluated at", planned(client.Instant(s.NextTickAt), s.DisabledAt, now),
		}
	}
	if err := console.List(o.World.Stdout, o.OutputOptions, "Sensors:", found, about); err != nil || o.JSON {
		return err
	}
	return printCount(o.World, len(found))
}

// outcomeOf says how the last evaluation of a sensor ended, and why.
func outcomeOf(s *client.Sensor) string {
	if s.LastReason == "" {
		return string(s.LastOutcome)
	}
	return string(s.LastOutcome) + ": " + harmless(s.LastReason)
}

// chosen returns a text that a sensor chose as a terminal may have it.
func chosen(text string) string {
	if text == "" {
		return ""
	}
	return harmless(client.Text(text))
}

// findSensor returns the sensor that arguments mean.
func findSensor(ctx context.Context, r Server, args []string) (client.Sensor, error) {
	if len(args) == 1 {
		of, err := id("a sensor", args[0])
		if err != nil {
			return client.Sensor{}, err
		}
		return r.Sensor(ctx, of)
	}
	found, err := r.Sensors(ctx, args[0], args[1])
	if err == nil && len(found) == 0 {
		err = model.Errorf(model.NotFound, "workflow %q of project %q has no sensor", args[1], args[0]).
			WithHint("one with `sensor:` has one; `pawl sensors %s` lists them", console.Quote(args[0]))
	}
	if err != nil {
		return client.Sensor{}, err
	}
	return found[0], nil
}

func (o *sensorsOptions) change(ctx context.Context, r Server, verb string, args []string) error {
	s, err := findSensor(ctx, r, args)
	if err != nil {
		return err
	}
	done := "Enabled"
	switch verb {
	case "disable":
		done = "Disabled"
		_, err = r.DisableSensor(ctx, s.ID)
	case "reset":
		done = "Reset"
		_, err = r.ResetSensor(ctx, s.ID, o.cursor)
	default:
		_, err = r.EnableSensor(ctx, s.ID)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.World.Stdout, "%s sensor id: %s\n", done, s.ID)
	return err
}
