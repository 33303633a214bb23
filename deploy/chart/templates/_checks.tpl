{{/* Refuses values that don't fit together, in words. values.schema.json refuses what is wrong by itself. */}}
{{- define "kargo-tokens.checks" -}}
{{- $values := .Values }}
{{- $time := "^(([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?)$" }}
{{- range $name, $text := dict "undoWindow" (toString $values.undoWindow) "sessions.idle" $values.sessions.idle "sessions.lifetime" $values.sessions.lifetime }}
{{- if and (or (not $text) (not (mustRegexMatch $time $text))) (ne (print $name $text) "undoWindow0") }}
{{- fail (printf "%s: %q is no time. Write a number and s, m, h or d, such as 30s, 5m, 12h or 90d." $name $text) }}
{{- end }}
{{- end }}
{{- if mustRegexMatch "[0-9]d|([2-9]|[0-9]{2,})h|1h[0-9]|(6[1-9]|[7-9][0-9]|[0-9]{3,})m" (toString $values.undoWindow) }}
{{- fail (printf "undoWindow: %s is too long. An hour (1h) is the longest." $values.undoWindow) }}
{{- end }}
{{- range $values.maxLifetime }}
{{- if not (mustRegexMatch "^([a-z0-9]([-.a-z0-9]*[a-z0-9])?=)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$" .) }}
{{- fail (printf "maxLifetime: %q is no lifetime. Write 90d for all roles, or kargo-admin=30d for one." .) }}
{{- end }}
{{- end }}
{{- range $name, $url := dict "kargo.address" $values.kargo.address "handoutServer" $values.handoutServer "oidc.issuerURL" $values.oidc.issuerURL }}
{{- if and $url (not (mustRegexMatch "^https?://[^/ ]+" $url)) }}
{{- fail (printf "%s: %q is no URL. Write https:// and a host." $name $url) }}
{{- end }}
{{- end }}
{{- if and $values.externalURL (not (mustRegexMatch "^https://[^/ ?#]+(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?$" $values.externalURL)) }}
{{- fail (printf "externalURL: %q is no HTTPS address. Write one such as https://tokens.example.com or https://tools.example.com/tokens: over plain HTTP, anybody on the way could read tokens." $values.externalURL) }}
{{- end }}
{{- range $values.trustedProxies }}
{{- if not (mustRegexMatch "^([0-9.]+(/([0-9]|[12][0-9]|3[0-2]))?|[0-9a-fA-F.]*:[0-9a-fA-F:.]*(/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?)$" .) }}
{{- fail (printf "trustedProxies: %q is no network. Write one such as 10.0.0.0/8." .) }}
{{- end }}
{{- end }}
{{- if not (or $values.signIn.token $values.oidc.enabled) }}
{{- fail "Nobody could sign in: set signIn.token or oidc.enabled." }}
{{- end }}
{{- if $values.oidc.enabled }}
{{- if not $values.oidc.issuerURL }}
{{- fail "oidc.issuerURL is missing. Copy api.oidc.issuerURL of Kargo's chart; with Kargo's own Dex it is Kargo's address and /dex." }}
{{- end }}
{{- if not $values.oidc.clientID }}
{{- fail "oidc.clientID is missing. Copy api.oidc.clientID of Kargo's chart, or register a client at the issuer." }}
{{- end }}
{{- if not $values.externalURL }}
{{- fail "externalURL is missing. With oidc, the issuer sends people back to this address." }}
{{- end }}
{{- end }}
{{- range $what := list "ingress" "httpRoute" }}
{{- if and (get $values $what).enabled (not $values.externalURL) }}
{{- fail (printf "externalURL is missing. %s takes the host from it." $what) }}
{{- end }}
{{- end }}
{{- if and $values.httpRoute.enabled (not $values.httpRoute.parentRefs) }}
{{- fail "httpRoute.parentRefs is missing: the Gateway that the route belongs to." }}
{{- end }}
{{- if and (not $values.serviceAccount.create) (not $values.serviceAccount.name) }}
{{- fail "serviceAccount.name is missing. With serviceAccount.create: false, name the ServiceAccount that exists." }}
{{- end }}
{{- if and (eq $values.impersonation.form "constrained") (semverCompare "<1.36-0" .Capabilities.KubeVersion.Version) }}
{{- fail (printf "impersonation.form: constrained impersonation needs Kubernetes 1.36 or newer, and this cluster has %s. Use auto." .Capabilities.KubeVersion.Version) }}
{{- end }}
{{- if and $values.podDisruptionBudget.enabled (ge (int $values.podDisruptionBudget.minAvailable) (int $values.replicas)) (gt (int $values.replicas) 1) }}
{{- fail (printf "podDisruptionBudget.minAvailable is %d of %d replicas, so no node could be drained. Use less." (int $values.podDisruptionBudget.minAvailable) (int $values.replicas)) }}
{{- end }}
{{- $seen := dict }}
{{- range $values.projects }}
{{- if hasKey $seen .name }}
{{- fail (printf "projects: %s is there twice. Put its roles into one entry." .name) }}
{{- end }}
{{- if eq .name $values.kargo.namespace }}
{{- fail (printf "projects: %s is Kargo's own namespace. Its roles belong to impersonation.systemRoles." .name) }}
{{- end }}
{{- $_ := set $seen .name true }}
{{- end }}
{{- range $what := list "serviceMonitor" "rules" "dashboard" }}
{{- if and (get $values.metrics $what).enabled (not (or $values.metrics.enabled $values.exporter.enabled)) }}
{{- fail (printf "metrics.%s.enabled: there are no metrics. Set metrics.enabled or exporter.enabled." $what) }}
{{- end }}
{{- end }}
{{- $alerts := list }}
{{- range .Files.Get "monitoring/alerts.yaml" | fromYamlArray }}
{{- $alerts = append $alerts .alert }}
{{- end }}
{{- range $values.metrics.rules.disabled }}
{{- if not (has . $alerts) }}
{{- fail (printf "metrics.rules.disabled: there is no alert %q. Those that there are: %s." . (join ", " $alerts)) }}
{{- end }}
{{- end }}
{{- $rules := include "kargo-tokens.policy.on" . }}
{{- if and $rules (semverCompare "<1.30-0" .Capabilities.KubeVersion.Version) }}
{{- fail (printf "policy.rules: ValidatingAdmissionPolicies need Kubernetes 1.30 or newer, and this cluster has %s. Turn off: %s." .Capabilities.KubeVersion.Version $rules) }}
{{- end }}
{{- end }}
