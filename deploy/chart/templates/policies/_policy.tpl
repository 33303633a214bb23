{{/* What all policies have in common. Rules have a name in values.yaml (uniqueNames) and one in Kubernetes (unique-names). */}}

{{/* What Kubernetes does about what a rule refuses: Warn, Audit or Deny; empty if the rule is off. Argument: a list of the context and the rule. */}}
{{- define "kargo-tokens.policy.action" -}}
{{- $action := get (index . 0).Values.policy.rules (index . 1) | default "off" | toString }}
{{- if ne $action "off" }}{{ $action }}{{ end }}
{{- end }}

{{/* The rules that are on, with a comma between them. */}}
{{- define "kargo-tokens.policy.on" -}}
{{- $on := list }}
{{- range $rule, $_ := .Values.policy.rules }}
{{- if include "kargo-tokens.policy.action" (list $ $rule) }}
{{- $on = append $on $rule }}
{{- end }}
{{- end }}
{{- join ", " $on }}
{{- end }}

{{/* Name of a rule's objects. */}}
{{- define "kargo-tokens.policy.name" -}}
{{ include "kargo-tokens.fullname" (index . 0) | trunc 40 | trimSuffix "-" }}-{{ kebabcase (index . 1) }}
{{- end }}

{{/* The policy up to its matchConditions, of which the first one leaves exempt users alone. Argument: a list of the context, the rule and the
operations that it judges. The dashboard reads the label and the annotations (kargo/src/cluster/rules.rs).

Lists of the values are written into the policies and aren't parameters in a ConfigMap (paramKind): once a cluster has no policy with such parameters,
its API servers read no later change of any ConfigMap for policies until they restart (kubernetes/kubernetes#130887). */}}
{{- define "kargo-tokens.policy.head" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {{ include "kargo-tokens.policy.name" . }}
  labels:
    {{- include "kargo-tokens.labels" (index . 0) | nindent 4 }}
    kargo-tokens/rule: {{ index . 1 }}
  {{- $policy := (index . 0).Values.policy }}
  annotations:
    kargo-tokens/exempt-users: {{ toJson $policy.exemptUsers | quote }}
  {{- if eq (index . 1) "onlyRoles" }}
    kargo-tokens/system-roles: {{ include "kargo-tokens.policy.systemRoles" (index . 0) | quote }}
    kargo-tokens/not-project-roles: {{ toJson $policy.notProjectRoles | quote }}
  {{- else if eq (index . 1) "permanentTokens" }}
    kargo-tokens/permanent-tokens: {{ $policy.permanentTokens }}
  {{- end }}
spec:
  matchConstraints:
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        resources: [secrets]
        operations: [{{ join ", " (index . 2) }}]
  matchConditions:
    - name: user-not-exempt
      expression: >-
        !(request.userInfo.username in {{ toJson (index . 0).Values.policy.exemptUsers }})
{{- end }}

{{/* Bindings of a rule: one for Kargo's namespace, one for the projects. Argument: a list of the context and the rule. */}}
{{- define "kargo-tokens.policy.bindings" -}}
{{- $context := index . 0 }}
{{- $rule := index . 1 }}
{{- $policy := include "kargo-tokens.policy.name" . }}
{{- $action := include "kargo-tokens.policy.action" . }}
{{- $system := dict "matchLabels" (dict "kubernetes.io/metadata.name" (include "kargo-tokens.kargoNamespace" $context)) }}
{{- range $where, $selector := dict "system" $system "projects" $context.Values.policy.projectSelector }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ $policy }}-{{ $where }}
  labels:
    {{- include "kargo-tokens.labels" $context | nindent 4 }}
    kargo-tokens/rule: {{ $rule }}
spec:
  policyName: {{ $policy }}
  validationActions: [{{ $action }}]
  matchResources:
    namespaceSelector:
      {{- toYaml $selector | nindent 6 }}
{{- end }}
{{- end }}

{{/* CEL: name of the ServiceAccount that a Secret is for. Argument: object or oldObject. */}}
{{- define "kargo-tokens.policy.role" -}}
{{ . }}.metadata.?annotations[?'kubernetes.io/service-account.name'].orValue('')
{{- end }}

{{/* CEL: the value that a Secret holds, in base64. Argument: object or oldObject. */}}
{{- define "kargo-tokens.policy.value" -}}
{{ . }}.?data[?'token'].orValue('')
{{- end }}

{{/* The placeholder of a token that expires, in base64: its Secret has no value that could work again. */}}
{{- define "kargo-tokens.policy.placeholder" -}}
{{ b64enc "This token expires, so its value is kept nowhere." }}
{{- end }}

{{/* CEL: text of the suspension label. Argument: object or oldObject. */}}
{{- define "kargo-tokens.policy.suspension" -}}
{{ . }}.metadata.?labels[?'kubernetes.io/legacy-token-invalid-since'].orValue('')
{{- end }}

{{/* CEL: the role whose own credential signs the request; empty for everybody else. Somebody who acts as the role by impersonation sends no UID. */}}
{{- define "kargo-tokens.policy.signer" -}}
request.userInfo.?uid.orValue('') != '' && request.userInfo.username.startsWith('system:serviceaccount:' + request.namespace + ':')
? request.userInfo.username.substring(size('system:serviceaccount:' + request.namespace + ':')) : ''
{{- end }}

{{/* ServiceAccounts of the system that are roles, as JSON. */}}
{{- define "kargo-tokens.policy.systemRoles" -}}
{{ toJson (default .Values.impersonation.systemRoles .Values.policy.systemRoles) }}
{{- end }}

{{/* CEL: a ServiceAccount is a role: of the system by name, of a project if it isn't excepted. Argument: a list of the context and the account's
name in CEL. */}}
{{- define "kargo-tokens.policy.isRole" -}}
{{- $values := (index . 0).Values }}
(request.namespace == '{{ include "kargo-tokens.kargoNamespace" (index . 0) }}'
? {{ index . 1 }} in {{ include "kargo-tokens.policy.systemRoles" (index . 0) }}
: !({{ index . 1 }} in {{ toJson $values.policy.notProjectRoles }}))
{{- end }}
