// Command validate reads a Job of Kubernetes as its API server does: an unknown field is
// an error. It is a module of its own, as nothing else needs the types.
package main

import (
	"fmt"
	"os"

	batch "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := validate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func validate(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var job batch.Job
	if err := yaml.UnmarshalStrict(data, &job); err != nil {
		return err
	}
	spec := job.Spec
	switch {
	case job.APIVersion != "batch/v1" || job.Kind != "Job":
		return fmt.Errorf("%s is a %s of %s", path, job.Kind, job.APIVersion)
	case spec.CompletionMode == nil || *spec.CompletionMode != batch.IndexedCompletion || spec.BackoffLimitPerIndex == nil:
		return fmt.Errorf("backoffLimitPerIndex goes with completionMode Indexed")
	case spec.Template.Spec.RestartPolicy != "Never":
		return fmt.Errorf("podFailurePolicy goes with restartPolicy Never")
	}
	names := map[string]bool{}
	for _, c := range spec.Template.Spec.Containers {
		names[c.Name] = true
		for _, e := range c.Env {
			if e.Name == "FORKPROOF_SHARDS" && e.Value != fmt.Sprint(*spec.Completions) {
				return fmt.Errorf("%d completions, and %s shards", *spec.Completions, e.Value)
			}
		}
	}
	for _, rule := range spec.PodFailurePolicy.Rules {
		if codes := rule.OnExitCodes; codes != nil && !names[*codes.ContainerName] {
			return fmt.Errorf("no container %s", *codes.ContainerName)
		}
	}
	return nil
}
