package reporters

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
)

// Mail says how mails are sent.
type Mail struct {
	// Host is the address of the server, "HOST:PORT". Required.
	Host string
	// From is the sender, and To has who gets it. Both are required.
	From string
	To   []string
	// User and Password log in; empty does not.
	User, Password string
	// TLS encrypts from the first byte on. Without it a server that offers to is spoken
	// to in encrypted form after its greeting.
	TLS bool
	// Timeout is how long one mail may take. Defaults to 30 s.
	Timeout time.Duration
	// Trust is for encryption. Nil trusts what the machine does.
	Trust *tls.Config
}

const defaultMailTimeout = 30 * time.Second

// Mailed sends a mail for each event. What is no address is Invalid.
func Mailed(m Mail) (Reporter, error) {
	m.Timeout = cmp.Or(m.Timeout, defaultMailTimeout)
	if _, _, err := net.SplitHostPort(m.Host); err != nil {
		return nil, model.Errorf(model.Invalid, "%q is not the address of a server", m.Host).WithHint("such as mail.example.com:587")
	}
	from, err := addressOf(m.From)
	if err != nil {
		return nil, err
	}
	to := make([]*mail.Address, len(m.To))
	for i, text := range m.To {
		if to[i], err = addressOf(text); err != nil {
			return nil, err
		}
	}
	if len(to) == 0 {
		return nil, model.Errorf(model.Invalid, "nobody is to get the mails")
	}
	return Each((&mailer{m, from, to}).send), nil
}

func addressOf(text string) (*mail.Address, error) {
	a, err := mail.ParseAddress(text)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "%q is not a mail address: %w", text, err)
	}
	return a, nil
}

// mailer sends mails between addresses that were read.
type mailer struct {
	Mail
	from *mail.Address
	to   []*mail.Address
}

func (m *mailer) send(ctx context.Context, e *history.Event) error {
	text, err := m.text(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	c, err := m.dial(ctx)
	if err != nil {
		return model.Errorf(model.Unavailable, "no mail is sent by %s: %w", m.Host, err)
	}
	defer c.Close() //nolint:errcheck // what counts is whether the mail was taken
	if err := m.give(c, text); err != nil {
		return model.Errorf(model.Unavailable, "no mail is sent by %s: %w", m.Host, err)
	}
	return nil
}

// dial connects. What is said on the connection fails once ctx has ended.
func (m *mailer) dial(ctx context.Context) (*smtp.Client, error) {
	host, _, _ := net.SplitHostPort(m.Host) // it was checked
	trust := m.Trust.Clone()
	if trust == nil {
		trust = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	trust.ServerName = cmp.Or(trust.ServerName, host)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.Host)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // it may be closed
	if m.TLS {
		conn = tls.Client(conn, trust)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	if err := m.greet(c, trust, host); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// greet begins to encrypt, if the server can, and logs in.
func (m *mailer) greet(c *smtp.Client, trust *tls.Config, host string) error {
	if ok, _ := c.Extension("STARTTLS"); ok && !m.TLS {
		if err := c.StartTLS(trust); err != nil {
			return err
		}
	}
	if m.User == "" {
		return nil
	}
	return c.Auth(smtp.PlainAuth("", m.User, m.Password, host)) // which sends no password in the clear
}

// give gives a mail to the server.
func (m *mailer) give(c *smtp.Client, text []byte) error {
	if err := c.Mail(m.from.Address); err != nil {
		return err
	}
	for _, to := range m.to {
		if err := c.Rcpt(to.Address); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

// maxSubject bounds the subject of a mail, in bytes: lines of mails have an end.
const maxSubject = 200

// text returns the mail about an event: its line, and its JSON.
func (m *mailer) text(e *history.Event) ([]byte, error) {
	about, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, err
	}
	line := e.Text()
	subject, _, _ := strings.Cut(line, "\n")
	subject = strings.ToValidUTF8(subject[:min(len(subject), maxSubject)], "")
	at, err := time.Parse(time.RFC3339Nano, e.Time)
	if err != nil {
		return nil, err
	}
	to := make([]string, len(m.to))
	for i, a := range m.to {
		to[i] = a.String()
	}
	var b bytes.Buffer
	for _, header := range [][2]string{
		{"From", m.from.String()}, {"To", strings.Join(to, ", ")}, {"Subject", mime.QEncoding.Encode("utf-8", "[pawl] "+subject)},
		{"Date", at.Format(time.RFC1123Z)}, {"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"},
	} {
		b.WriteString(header[0] + ": " + header[1] + "\r\n")
	}
	b.WriteString("\r\n")
	body := quotedprintable.NewWriter(&b)
	if _, err := body.Write([]byte(line + "\n\n" + string(about) + "\n")); err != nil {
		return nil, err
	}
	return b.Bytes(), body.Close()
}
