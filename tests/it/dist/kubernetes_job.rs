//! `dist/kubernetes-job.yaml`: its containers are run one after the other, with directories for its volumes.

use std::fs;

use serde_json::Value;

use super::root;
use crate::support::Sandbox;

fn manifests() -> Vec<Value> {
    let text = fs::read_to_string(root().join("dist/kubernetes-job.yaml")).expect("the manifest");
    serde_saphyr::from_multiple(&text).expect("YAML")
}

fn of_kind<'a>(manifests: &'a [Value], kind: &str) -> &'a Value {
    manifests.iter().find(|manifest| manifest["kind"] == kind).expect(kind)
}

/// Runs the containers of the Job that come before kubectl, and returns the Secret that it applies.
fn run_job(sandbox: &Sandbox, pod: &Value) -> Value {
    fs::create_dir(sandbox.path("data")).expect("a volume");
    let [existing, generate] = [0, 1].map(|at| &pod["initContainers"][at]);
    let script = existing["command"][2].as_str().expect("a script");
    let paths = |text: &str| {
        let directory = sandbox.directory();
        text.replace("/existing/", &format!("{}/existing/", directory.display()))
            .replace("/data", &format!("{}/data", directory.display()))
    };
    sandbox.shell(&paths(script)).quiet_success();
    let arguments = generate["args"].as_array().expect("arguments").iter();
    let arguments = arguments.map(|argument| paths(argument.as_str().expect("text")));
    let ended = sandbox.kumactl(arguments);
    assert_eq!(ended.status, 0, "{ended:?}");
    let secret = serde_saphyr::from_str(&sandbox.read("data/secret.yaml")).expect("YAML");
    fs::remove_dir_all(sandbox.path("data")).expect("the volume");
    secret
}

#[test]
fn the_job_makes_the_secret_once_and_keeps_it_in_the_next_run() {
    let manifests = manifests();
    let pod = &of_kind(&manifests, "Job")["spec"]["template"]["spec"];
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("existing")).expect("a volume");
    let secret = run_job(&sandbox, pod);

    let name = &secret["metadata"]["name"];
    assert_eq!(secret["metadata"]["namespace"], "kuma-system");
    assert_eq!(of_kind(&manifests, "Role")["rules"][1]["resourceNames"][0], *name);
    let volumes = pod["volumes"].as_array().expect("volumes");
    let existing = volumes.iter().find(|volume| volume["name"] == "existing").expect("a volume");
    assert_eq!(existing["secret"]["secretName"], *name);

    for (file, content) in secret["data"].as_object().expect("files") {
        let script =
            format!("echo {} | base64 -d > existing/{file}", content.as_str().expect("text"));
        sandbox.shell(&script).quiet_success();
    }
    assert_eq!(run_job(&sandbox, pod), secret);
}

#[test]
fn no_container_of_the_job_has_more_rights_than_it_needs() {
    let manifests = manifests();
    let pod = &of_kind(&manifests, "Job")["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["automountServiceAccountToken"], false);
    let containers = ["initContainers", "containers"];
    let containers: Vec<&Value> =
        containers.iter().flat_map(|kind| pod[kind].as_array().expect("containers")).collect();
    assert_eq!(containers.len(), 3);
    for container in containers {
        let context = &container["securityContext"];
        assert_eq!(context["allowPrivilegeEscalation"], false, "{container}");
        assert_eq!(context["readOnlyRootFilesystem"], true, "{container}");
        assert_eq!(context["capabilities"]["drop"][0], "ALL", "{container}");
        let mounts = container["volumeMounts"].as_array().expect("volumes");
        let has_token = mounts.iter().any(|mount| mount["name"] == "token");
        assert_eq!(has_token, container["name"] == "apply", "{container}");
    }
}
