package kafka

import (
	"github.com/pawlhq/pawl/internal/feed/settings"
	"github.com/pawlhq/pawl/internal/kind"
)

// Section describes the settings.
func Section() kind.Section {
	return kind.Section{Name: "kafka", Doc: "Topics that are read and written: see [Kafka](kafka.md).", Options: append([]kind.Option{
		{Name: "brokers", Form: kind.List, Doc: "addresses of some brokers, such as `kafka-1:9092`; required"},
		{Name: "group", Default: "pawl", Doc: "name of the consumer group, under which positions are stored"},
		{Name: "session", Form: kind.Duration, Computed: "20s", Doc: "after how long without a sign of life the partitions of a server go to others"},
		{Name: "tls", Form: kind.Bool, Default: "false", Doc: "encrypts connections"},
		{Name: "tls.ca", Form: kind.File, Computed: "what the machine trusts", Doc: "certificates to trust (PEM)"},
		{Name: "tls.certificate", Form: kind.File, Doc: "certificate to be let in by (PEM)"},
		{Name: "tls.key", Form: kind.File, Doc: "its key (PEM)"},
		{Name: "sasl.mechanism", Computed: "none", Doc: "`plain`, `scram-sha-256` or `scram-sha-512`"},
		{Name: "sasl.user", Doc: "who is let in"},
		{Name: "sasl.password", Secret: true, Doc: "with which password"},
		{Name: "registry.url", Form: kind.List, Doc: "address of a schema registry; several are alternatives"},
		{Name: "registry.user", Doc: "who is let in there"},
		{Name: "registry.password", Secret: true, Doc: "with which password"},
		{Name: "topics.<topic>.codec", Computed: "`json`", Doc: "how messages are written: `json`, `text`, `avro` or `protobuf`"},
		{Name: "topics.<topic>.key-codec", Computed: "text", Doc: "how keys of records are written"},
		{Name: "topics.<topic>.subject", Computed: "`TOPIC-value`", Doc: "subject of the registry whose newest schema is written"},
		{Name: "topics.<topic>.message", Computed: "the only one", Doc: "which message of the schema is written with `protobuf`"},
		{Name: "topics.<topic>.start", Computed: "`earliest`", Doc: "where to begin in a partition that was never read: `earliest` or `latest`"},
		{Name: "topics.<topic>.id-header", Computed: "none", Doc: "header that names a message"},
	}, settings.Options("topics.<topic>.")...)}
}
