{{- define "kargo-tokens.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* Name of most objects: the release's, if that says what it is. */}}
{{- define "kargo-tokens.fullname" -}}
{{- $name := include "kargo-tokens.name" . }}
{{- $release := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- default $release .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "kargo-tokens.selector" -}}
app.kubernetes.io/name: {{ include "kargo-tokens.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "kargo-tokens.labels" -}}
{{ include "kargo-tokens.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "kargo-tokens.kargoNamespace" -}}
{{ .Values.kargo.namespace }}
{{- end }}

{{- define "kargo-tokens.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "kargo-tokens.fullname" .) }}
{{- end }}

{{- define "kargo-tokens.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "kargo-tokens.sessionKeys" -}}
{{ .Values.sessionKeys.existingSecret | default (printf "%s-session-keys" (include "kargo-tokens.fullname" .)) }}
{{- end }}

{{/* Name of the dashboard's port. */}}
{{- define "kargo-tokens.scheme" -}}
{{ ternary "http" "https" (empty .Values.tls.existingSecret) }}
{{- end }}

{{- define "kargo-tokens.servicePort" -}}
{{ .Values.service.port | default (ternary 80 443 (empty .Values.tls.existingSecret)) }}
{{- end }}

{{/* Host of externalURL without its port. */}}
{{- define "kargo-tokens.host" -}}
{{ (urlParse .Values.externalURL).hostname }}
{{- end }}

{{/* Path of externalURL: what all addresses of the dashboard begin with. */}}
{{- define "kargo-tokens.path" -}}
{{ (urlParse .Values.externalURL).path | trimSuffix "/" | default "/" }}
{{- end }}

{{/* How the program acts as ServiceAccounts: constrained or legacy; empty if it needn't. */}}
{{- define "kargo-tokens.impersonation" -}}
{{- if and .Values.oidc.enabled (not .Values.oidc.forward) }}
{{- $supported := semverCompare ">=1.36-0" .Capabilities.KubeVersion.Version | ternary "constrained" "legacy" }}
{{- eq .Values.impersonation.form "auto" | ternary $supported .Values.impersonation.form }}
{{- end }}
{{- end }}

{{/* What the pods of all workloads have: no privilege, and a file system that can't be written to. */}}
{{- define "kargo-tokens.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "kargo-tokens.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "kargo-tokens.containerImage" -}}
image: {{ include "kargo-tokens.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "kargo-tokens.securityContext" . | nindent 2 }}
{{- end }}

{{/* Where pods may run. */}}
{{- define "kargo-tokens.scheduling" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* A role and its binding to a ServiceAccount of the release. Argument: a dict of context, kind, name, namespace, account, rules (text). */}}
{{- define "kargo-tokens.boundRole" -}}
{{- range $kind := list .kind (printf "%sBinding" .kind) }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ $.name }}
  {{- with $.namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  labels:
    {{- include "kargo-tokens.labels" $.context | nindent 4 }}
{{- if eq $kind $.kind }}
rules:
  {{- $.rules | trim | nindent 2 }}
{{- else }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $.kind }}
  name: {{ $.name }}
subjects:
  - kind: ServiceAccount
    name: {{ $.account }}
    namespace: {{ $.context.Release.Namespace }}
{{- end }}
{{- end }}
{{- end }}
