// Package monitoring tests the alerts and the dashboard of the chart with Prometheus' own libraries.
package monitoring

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
)

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "deploy", "chart", "monitoring", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// alerts checks the rules as promtool does, and returns their expressions by the names of the alerts.
func alerts(t *testing.T) map[string]string {
	t.Helper()
	group := "groups:\n- name: kargo-tokens\n  rules:\n  " + strings.ReplaceAll(read(t, "alerts.yaml"), "\n", "\n  ")
	groups, errs := rulefmt.Parse([]byte(group), false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	expressions := map[string]string{}
	for _, rule := range groups.Groups[0].Rules {
		if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
			t.Errorf("%s: severity, summary or description is missing", rule.Alert)
		}
		expressions[rule.Alert] = rule.Expr
	}
	return expressions
}

// Each alert with series by the minute, and what it raises at a minute: nothing, or labels and value.
var cases = []struct {
	alert  string
	series string
	minute int
	raises string
}{
	{"KargoTokensExpiresSoon", `kargo_tokens_next_expiry_seconds{scope="system"} 604801-60x1`, 0, ""},
	{"KargoTokensExpiresSoon", `kargo_tokens_next_expiry_seconds{scope="system"} 604801-60x1`, 1, `{scope="system"} 604741`},

	{"KargoTokensRevealUnconfirmed", `kargo_tokens_reveals_unconfirmed_total{namespace="n", pod="a"} 3x60`, 60, ""},
	{"KargoTokensRevealUnconfirmed", `kargo_tokens_reveals_unconfirmed_total{namespace="n", pod="a"} 0x30 1x30`, 60, `{namespace="n"} 1`},

	{"KargoTokensNotSwept", `kargo_tokens_deletions_due{scope="projects/a"} 0x5`, 5, ""},
	{"KargoTokensNotSwept", `kargo_tokens_deletions_due{scope="projects/a"} 2x5`, 5, `{scope="projects/a"} 2`},

	// Known for more than an hour, also by an exporter whose pod has another name now.
	{"KargoTokensOfNoRole", `kargo_tokens_of_no_role{scope="system", pod="a"} 1x70
    kargo_tokens_of_no_role{scope="system", pod="b"} _x70 1x30`, 90, ""},
	{"KargoTokensOfNoRole", `kargo_tokens_of_no_role{scope="system"} 0x70`, 70, ""},
	{"KargoTokensOfNoRole", `kargo_tokens_of_no_role{scope="system"} 1x70 2x30`, 90, `{scope="system"} 2`},
	{"KargoTokensOfNoRole", `kargo_tokens_of_no_role{scope="projects/new"} _x70 1x30`, 90, `{scope="projects/new"} 1`},

	{"KargoTokensWatchSilent", `kargo_tokens_inventory_last_frame_seconds{namespace="n", pod="a"} 60x5`, 5, ""},
	{"KargoTokensWatchSilent", `kargo_tokens_inventory_last_frame_seconds{namespace="n", pod="a"} 0+60x5`, 5, `{namespace="n", pod="a"} 300`},

	{"KargoTokensSignInsFail", `kargo_tokens_sign_ins_total{namespace="n", way="token", outcome="ok"} 0+100x10`, 10, ""},
	{"KargoTokensSignInsFail", `kargo_tokens_sign_ins_total{namespace="n", way="token", outcome="refused"} 0+1x10`, 10, ""},
	{"KargoTokensSignInsFail", `kargo_tokens_sign_ins_total{namespace="n", way="token", outcome="refused"} 0+9x10`, 10, `{namespace="n", way="token"} 90`},

	{"KargoTokensNotMeasured", `kargo_tokens_scope_readable{scope="system"} 1x5`, 5, ""},
	{"KargoTokensNotMeasured", `kargo_tokens_scope_readable{scope="system"} 0x5`, 5, `{scope="system"} 0`},
}

func TestAlertsAreRaisedWhenTheyMustAndNeverElse(t *testing.T) {
	expressions := alerts(t)
	raised := map[string]bool{}
	for _, c := range cases {
		expression, found := expressions[c.alert]
		if !found {
			t.Fatalf("no alert %s", c.alert)
		}
		raised[c.alert] = raised[c.alert] || c.raises != ""
		t.Run(fmt.Sprintf("%s_%d", c.alert, c.minute), func(t *testing.T) {
			engine := promqltest.NewTestEngine(t, false, 0, 10_000)
			script := fmt.Sprintf("load 1m\n    %s\n\neval instant at %dm %s\n    %s\n", c.series, c.minute, strings.Join(strings.Fields(expression), " "), c.raises)
			promqltest.RunTest(t, script, engine)
		})
	}
	for name := range expressions {
		if !raised[name] {
			t.Errorf("no case raises %s", name)
		}
	}
}

func TestTheDashboardsExpressionsAreValid(t *testing.T) {
	var dashboard struct {
		Panels []struct {
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "dashboard.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	// Grafana fills its variables in before it asks.
	variables := strings.NewReplacer("$__rate_interval", "5m", "$namespace", "kargo-tokens")
	valid := 0
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			if _, err := parser.NewParser(parser.Options{}).ParseExpr(variables.Replace(target.Expr)); err != nil {
				t.Errorf("%s: %v", panel.Title, err)
			}
			valid++
		}
		if panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("%s shows nothing", panel.Title)
		}
	}
	if valid == 0 {
		t.Error("the dashboard has no expression")
	}
}
