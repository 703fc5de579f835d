//! The report on a certificate request: what to ask the PKI for, and the commands of common PKIs.

use kuma_pki::{CertificateName, ExtendedKeyUsage, IssuanceRequest, SubjectAltName};
use serde::Serialize;

use super::{ChangedFile, ReportFormat, changed_file, json_text, lines, texts};
use crate::job::certificate_request::RequestOutcome;
use crate::report::console::Console;
use crate::report::shell;

/// The paths of the files, as typed.
pub(crate) struct RequestPaths<'a> {
    pub(crate) key: &'a str,
    pub(crate) request: &'a str,
}

/// The report in JSON. Fields may be added, but not changed or removed.
#[derive(Serialize)]
struct Report<'a> {
    changed: bool,
    reasons: &'a [String],
    files: Vec<ChangedFile>,
    certificate_request: RequestReport,
    /// What to ask the PKI for, one sentence each.
    ask_for: Vec<String>,
    /// Empty without --instructions.
    instructions: Vec<Instruction>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct RequestReport {
    subject: String,
    subject_alt_names: Vec<CertificateName>,
    key_type: String,
    extended_key_usage: &'static str,
}

/// The commands that have one kind of PKI sign the request.
#[derive(Serialize)]
struct Instruction {
    pki: &'static str,
    commands: Vec<String>,
}

/// Prints the reasons and warnings on standard error and, unless standard output holds a file, the report on
/// standard output.
pub(crate) fn report(
    console: Console,
    format: Option<ReportFormat>,
    request: &IssuanceRequest,
    outcome: RequestOutcome,
    paths: &RequestPaths<'_>,
    with_instructions: bool,
    warnings: Vec<String>,
) {
    let RequestOutcome { request: made, changes, reasons } = outcome;
    let reasons = texts([reasons, changes.reasons].concat());
    let warnings = [warnings, changes.warnings].concat();
    reasons.iter().for_each(|reason| console.note(reason));
    warnings.iter().for_each(|warning| console.warn(warning));
    let changed = !changes.saved.is_empty() || !changes.repaired.is_empty();
    let ask_for = ask_for(request);
    let instructions = if with_instructions { instructions(request, paths) } else { Vec::new() };
    console.report(&match format {
        None => return,
        Some(ReportFormat::Json) => json_text(&Report {
            changed,
            reasons: &reasons,
            files: changes.saved.iter().chain(&changes.repaired).filter_map(changed_file).collect(),
            certificate_request: RequestReport {
                subject: made.subject().to_owned(),
                subject_alt_names: request
                    .subject_alt_names()
                    .iter()
                    .map(CertificateName::from)
                    .collect(),
                key_type: made.public_key().algorithm.to_string(),
                extended_key_usage: request.extended_key_usage().as_str(),
            },
            ask_for,
            instructions,
            warnings: &warnings,
        }),
        Some(ReportFormat::Text) => {
            let files = match changed {
                true => lines(&changes.saved, &changes.repaired),
                false => "Nothing to do: the key and the request match\n".to_owned(),
            };
            format!("{files}{}", text(&ask_for, &instructions))
        }
    });
}

fn text(ask_for: &[String], instructions: &[Instruction]) -> String {
    let mut text = "\nAsk the PKI for:\n".to_owned();
    for line in ask_for {
        text.push_str(&format!("  - {line}\n"));
    }
    for Instruction { pki, commands } in instructions {
        text.push_str(&format!("\n{pki}:\n"));
        for command in commands {
            text.push_str(&format!("  {command}\n"));
        }
    }
    text
}

/// Returns what a certificate that Kuma can use has, in the order of the forms in which PKIs ask.
fn ask_for(request: &IssuanceRequest) -> Vec<String> {
    let kind = |name: &SubjectAltName| match name {
        SubjectAltName::Dns(_) => "DNS",
        SubjectAltName::Ip(_) => "IP",
        SubjectAltName::Uri(_) => "URI",
    };
    let names = request.subject_alt_names().iter().map(|name| format!("{} {name}", kind(name)));
    let usage = match request.extended_key_usage() {
        ExtendedKeyUsage::ServerAuth => "extended key usage server authentication (serverAuth)",
        ExtendedKeyUsage::ClientAuth => "extended key usage client authentication (clientAuth)",
    };
    vec![
        format!("subject alternative names: {}", names.collect::<Vec<_>>().join(", ")),
        usage.to_owned(),
        "an end-entity certificate, not a CA".to_owned(),
        "the whole chain as PEM: the certificate, every intermediate CA, and the root CA"
            .to_owned(),
    ]
}

fn instructions(request: &IssuanceRequest, paths: &RequestPaths<'_>) -> Vec<Instruction> {
    let csr = shell::word(paths.request);
    let key = shell::word(paths.key);
    let host = |name: &&SubjectAltName| !matches!(name, SubjectAltName::Uri(_));
    let first = request.subject_alt_names().iter().find(host).map(ToString::to_string);
    let first = first.unwrap_or_else(|| "kuma".to_owned());
    let common_name = shell::word(&first);
    let kind = match request.extended_key_usage() {
        ExtendedKeyUsage::ServerAuth => "server",
        ExtendedKeyUsage::ClientAuth => "client",
    };
    vec![
        Instruction {
            pki: "Vault or OpenBao (replace ROLE)",
            commands: vec![
                format!(
                    "vault write -format=json pki/sign/ROLE csr=@{csr} common_name={common_name} > answer.json"
                ),
                "jq -r '.data.certificate, (.data.ca_chain // [])[]' answer.json > tls.crt"
                    .to_owned(),
                "vault read -field=certificate pki/cert/ca > ca.crt".to_owned(),
            ],
        },
        Instruction {
            pki: "step-ca",
            commands: vec![format!("step ca sign {csr} tls.crt"), "step ca root ca.crt".to_owned()],
        },
        Instruction {
            pki: "Active Directory Certificate Services (on Windows; replace WebServer by your template)",
            commands: vec![
                format!(
                    "certreq -submit -attrib \"CertificateTemplate:WebServer\" {csr} tls.cer chain.p7b"
                ),
                "openssl pkcs7 -in chain.p7b -print_certs -out tls.crt".to_owned(),
            ],
        },
        Instruction {
            pki: "OpenSSL 3.0 or later",
            commands: vec![format!(
                "openssl x509 -req -in {csr} -copy_extensions copyall -days 365 \
                 -CA ca.crt -CAkey ca.key -out tls.crt"
            )],
        },
        Instruction {
            pki: "Then check what came back",
            commands: vec![format!(
                "kumactl verify tls-certificate --type={kind} --cert-file=tls.crt --key-file={key} \
                 --ca-cert-file=ca.crt"
            )],
        },
    ]
}
