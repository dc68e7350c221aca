//! Certificates: those that the operator names, or one that vouches for itself.
//!
//! Shape   `DATA/tls-cert.pem` and `DATA/tls-key.pem` (mode 0600) where the certificate is our
//!         own; its first line says for which names and until when it is good.
//! Keeps   a certificate of ours is used again at the next start, unless it ends soon or is for
//!         other names: whoever trusts it need not look again. Files that are named are never
//!         written.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway::Tls;
use rcgen::{CertificateParams, DnType, KeyPair};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::Failure;
use crate::settings::ServeOptions;

/// How long a certificate of ours is good: what browsers take at most.
const GOOD_FOR: Duration = Duration::days(825);
/// One that ends sooner is made anew at the start.
const ENDS_SOON: Duration = Duration::days(30);
/// Its key and its certificate are small.
const PEM_BYTES_MAX: u64 = 1 << 20;

/// Where the certificates come from.
#[derive(Clone, Debug)]
pub enum Certificates {
    /// These files.
    Named {
        /// The server's own, then those who vouch for it.
        certificates: PathBuf,
        /// The key of the first.
        key: PathBuf,
    },
    /// Our own, kept in the data directory.
    SelfSigned {
        /// The data directory.
        data: PathBuf,
        /// Names and addresses for which it is good.
        names: Vec<String>,
    },
}

impl Certificates {
    /// Those that the options ask for; `None` for plain HTTP.
    ///
    /// # Errors
    /// Where the options contradict each other.
    pub fn of(options: &ServeOptions) -> Result<Option<Self>, Failure> {
        match (&options.tls_cert, &options.tls_key, options.tls_self_signed) {
            (None, None, false) => Ok(None),
            (Some(certificates), Some(key), false) => {
                Ok(Some(Self::Named { certificates: certificates.clone(), key: key.clone() }))
            }
            (None, None, true) => {
                let data = options.data().to_owned();
                Ok(Some(Self::SelfSigned { data, names: names_of(options) }))
            }
            (_, _, false) => Err("tls-cert and tls-key are given together, or neither".into()),
            (_, _, true) => Err("tls-self-signed is given without tls-cert and tls-key".into()),
        }
    }

    /// Opens them; makes our own where there is none that serves.
    ///
    /// # Errors
    /// Where they cannot be read, or are none.
    pub fn open(&self) -> Result<Arc<Tls>, Failure> {
        let (certificates, key) = match self {
            Self::Named { certificates, key } => read_named(certificates, key)?,
            Self::SelfSigned { data, names } => own_pair(data, names)?,
        };
        Ok(Arc::new(Tls::new(&certificates, &key, matches!(self, Self::Named { .. }))?))
    }

    /// Reads them again, for a server that runs by `tls`.
    ///
    /// # Errors
    /// As [`Self::open`]; those before go on then.
    pub fn reload(&self, tls: &Tls) -> Result<(), Failure> {
        let (certificates, key) = match self {
            Self::Named { certificates, key } => read_named(certificates, key)?,
            Self::SelfSigned { data, names } => own_pair(data, names)?,
        };
        Ok(tls.replace(&certificates, &key)?)
    }
}

/// For which names and addresses our own certificate is good.
fn names_of(options: &ServeOptions) -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let listen = options.listen().ip();
    if !listen.is_unspecified() {
        names.push(listen.to_canonical().to_string());
    }
    names.extend(options.allowed_host.iter().cloned());
    names.sort_unstable();
    names.dedup();
    names
}

fn read_named(certificates: &Path, key: &Path) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let mode = std::fs::metadata(key).map_err(|error| named(key, error))?.mode();
    // The group may read it, as those of certificates' programs do, and nobody else write it.
    if mode & 0o027 != 0 {
        return Err(format!("others may read or write {}: chmod g-w,o= it", key.display()).into());
    }
    Ok((read(certificates)?, read(key)?))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let length = std::fs::metadata(path).map_err(|error| named(path, error))?.len();
    if PEM_BYTES_MAX < length {
        return Err(format!("{} is too long for a certificate", path.display()).into());
    }
    std::fs::read(path).map_err(|error| named(path, error))
}

fn named(path: &Path, error: std::io::Error) -> Failure {
    format!("{}: {error}", path.display()).into()
}

/// Our own certificate and its key: those that are there, if they serve still.
fn own_pair(data: &Path, names: &[String]) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let (cert_path, key_path) = (data.join("tls-cert.pem"), data.join("tls-key.pem"));
    let now = OffsetDateTime::now_utc();
    if let (Ok(certificate), Ok(key)) = (read(&cert_path), read(&key_path))
        && serves(&certificate, names, now + ENDS_SOON)
        && Tls::new(&certificate, &key, false).is_ok()
    {
        return Ok((certificate, key));
    }
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names.to_vec())?;
    let until = now + GOOD_FOR;
    // A client's clock may be a little behind.
    (params.not_before, params.not_after) = (now - Duration::days(1), until);
    params.distinguished_name.push(DnType::CommonName, "Rialto");
    let certificate = params.self_signed(&key)?.pem();
    let certificate = format!("{}\n{certificate}", first_line(names, until)?);
    let key = key.serialize_pem();
    // The key first: a certificate that is there has its key.
    write(&key_path, key.as_bytes())?;
    write(&cert_path, certificate.as_bytes())?;
    tracing::warn!(
        certificate = %cert_path.display(),
        names = names.join(" "),
        "a certificate was made that nobody vouches for: clients have to be told to trust it"
    );
    Ok((certificate.into_bytes(), key.into_bytes()))
}

fn first_line(names: &[String], until: OffsetDateTime) -> Result<String, Failure> {
    let until = until.replace_nanosecond(0)?.format(&Rfc3339)?;
    Ok(format!("# rialto: until {until} for {}", names.join(" ")))
}

/// Whether our own certificate is for these names, and good at `then`.
fn serves(certificate: &[u8], names: &[String], then: OffsetDateTime) -> bool {
    let line = String::from_utf8_lossy(certificate);
    let line = line.lines().next().unwrap_or_default();
    let said = line.strip_prefix("# rialto: until ").and_then(|said| said.split_once(" for "));
    said.is_some_and(|(until, said)| {
        OffsetDateTime::parse(until, &Rfc3339).is_ok_and(|until| then < until)
            && said == names.join(" ")
    })
}

/// Writes a file that only its owner can read, whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = path.with_extension("pem.new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(std::fs::rename(&beside, path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &str) -> Vec<String> {
        words.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn our_own_certificate_is_used_again_unless_it_is_for_others_or_broken() {
        let data = tempfile::tempdir().unwrap();
        let mut last = own_pair(data.path(), &names("localhost")).unwrap();
        let key_path = data.path().join("tls-key.pem");
        assert_eq!(std::fs::metadata(&key_path).unwrap().mode() & 0o777, 0o600);
        let broken = || std::fs::write(&key_path, "nonsense").unwrap();
        let nothing: (&str, &dyn Fn(), bool) = ("localhost", &|| {}, true);
        for (words, before, is_same) in [
            nothing,
            ("localhost 192.0.2.1", &|| {}, false),
            ("localhost 192.0.2.1", &|| {}, true),
            ("localhost 192.0.2.1", &broken, false),
        ] {
            before();
            let pair = own_pair(data.path(), &names(words)).unwrap();
            assert_eq!(pair == last, is_same, "{words}");
            last = pair;
        }
    }

    #[test]
    fn a_certificate_that_ends_soon_serves_no_more() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let line = first_line(&names("localhost"), now + Duration::days(31)).unwrap();
        for (days, serves_still) in [(30, true), (31, false), (400, false)] {
            let then = now + Duration::days(days);
            assert_eq!(serves(line.as_bytes(), &names("localhost"), then), serves_still, "{days}");
        }
        assert!(!serves(line.as_bytes(), &names("localhost other"), now));
        assert!(!serves(b"", &names("localhost"), now));
    }
}
