import { buildGoProgram, buildWrappedGoProgram } from '../support/build-go-program.ts';

const kubernetesVersion = '1.36.3';

export type KubernetesPrograms = { etcd: string; apiServer: string; kwok: string };

/**
 * A real API server, its etcd, and kwok as the kubelet of every node. The first time they are built with Go, which
 * compiles most of Kubernetes: expect a quarter of an hour and more on two cores; undefined without Go.
 */
export async function buildKubernetesPrograms(): Promise<KubernetesPrograms | undefined> {
  const etcd = await buildWrappedGoProgram({
    name: 'etcd',
    module: 'go.etcd.io/etcd/server/v3',
    version: 'v3.6.16',
    source: `package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
`,
  });
  const kwok = await buildGoProgram('sigs.k8s.io/kwok/cmd/kwok', 'v0.8.0');
  const apiServer = await buildWrappedGoProgram({
    name: 'kube-apiserver',
    module: 'k8s.io/kubernetes',
    version: `v${kubernetesVersion}`,
    source: `package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
`,
    replacedBy: () => `v0.${kubernetesVersion.slice(2)}`,
  });
  return etcd && kwok && apiServer ? { etcd, kwok, apiServer } : undefined;
}
