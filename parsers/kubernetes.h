/*
 * What Kubernetes (and Docker) say of a container's end: kubectl get pod or get events
 * -o json, kubectl describe pod, kubectl get events, docker inspect.
 *
 * Source: k8s.io/api core/v1 types.go (PodStatus, ContainerStatus, Event; 1.20 to 1.34),
 * the describer of k8s.io/kubectl, and container types of moby's api/types.
 *
 * Shapes. Of each container a sample of the cgroup, at the newest time that its pod
 * tells: mem.limit, x.kubernetes.restarts; instance "namespace/pod/container". Of each
 * termination, in its state or its last state, a notice at its finish: oom-killed where
 * the reason is OOMKilled, else restart where it failed or was restarted. OOMKilled is
 * set only where the container's first process was the victim, so that an exit code of
 * 137 without it is said to be open. Node events (OOMKilling, SystemOOM) and evictions
 * for memory are notices too; those that kubectl prints as text know only their age,
 * and have no time.
 *
 * JSON: Pods, Events, Lists of them, {"type","object"} of a watch, arrays, one after
 * another. Each object is buffered, at most LIMIT_KUBERNETES_OBJECT_BYTES. One that is
 * broken or cut is counted, with its place; what it told before that is handed on.
 * Objects of other kinds are passed over.
 */
#ifndef PARSERS_KUBERNETES_H
#define PARSERS_KUBERNETES_H

#include "parsers/parser.h"

extern const struct parser_ops kubernetes_parser;

#endif
