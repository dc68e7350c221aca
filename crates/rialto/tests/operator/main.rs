//! The operator's commands as whole processes, on a stopped house and on a running server.

mod history;
mod house;
mod people;
mod replay;
mod rotation;
mod tls;

use std::os::unix::fs::PermissionsExt;

use house::{House, timestamp};

const GOOD: i64 = 0;
const WRONG_SIGNATURE: i64 = -1022;
const REFUSED_KEY: i64 = -2015;

#[test]
fn a_key_made_on_a_stopped_house_is_good_when_it_runs() {
    let house = House::new();
    let user = house.create_user("Ann@Example.com", " --kyc approved");
    assert_eq!(
        (user["email"].as_str(), user["role"].as_str()),
        (Some("Ann@Example.com"), Some("user"))
    );
    let key = house.create_key("ann@example.com", "read,trade");
    for secret in [&key.api_key, &key.secret_key] {
        assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
    let server = house.serve();
    assert_eq!(server.account(&key), GOOD);
    let query = key.sign(&timestamp());
    let last = query.chars().last().unwrap();
    let wrong = format!("{}{}", &query[..query.len() - 1], if last == '0' { '1' } else { '0' });
    assert_eq!(server.account_signed(&key, &wrong), WRONG_SIGNATURE);
    let mut unknown = key.clone();
    unknown.api_key = unknown.api_key.chars().rev().collect();
    assert_eq!(server.account(&unknown), REFUSED_KEY);
    server.stop();
    assert_eq!(house.serve().account(&key), GOOD);
}

#[test]
fn commands_reach_a_running_server_and_bite_at_once() {
    let house = House::new();
    let server = house.serve();
    let socket = std::fs::metadata(house.data().join("admin.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    house.create_user("ann@example.com", " --admin");
    let key = house.create_key("ann@example.com", "read,admin");
    assert_eq!(server.account(&key), GOOD);
    let elsewhere = "api-key create --email ann@example.com --scopes read --allow-ip 10.0.0.0/8";
    let elsewhere = house::Key::new(&house.done(elsewhere, ""));
    assert_eq!(server.account(&elsewhere), REFUSED_KEY);
    let here = "api-key create --email ann@example.com --scopes read --allow-ip 127.0.0.1";
    assert_eq!(server.account(&house::Key::new(&house.done(here, ""))), GOOD);
    let trade_only = house.create_key("ann@example.com", "trade");
    assert_eq!(server.account(&trade_only), REFUSED_KEY, "a scope that was not given");
    house.done("user reset-password --email ANN@example.com --password-stdin", "another canary\n");
    server.stop();
}

#[test]
fn a_revoked_key_is_refused_at_once_and_no_longer_listed() {
    let house = House::new();
    house.create_user("ann@example.com", "");
    let server = house.serve();
    let create = "api-key create --email ann@example.com --scopes read --name bot \
                  --allow-ip 127.0.0.1 --expires-at 2100-01-01T00:00:00Z";
    let printed = house.done(create, "");
    let (id, key) = (printed["id"].as_str().unwrap(), house::Key::new(&printed));
    assert_eq!(server.account(&key), GOOD);
    let list = "api-key list --email ann@example.com";
    let listed = house.done(list, "");
    let face = &listed["items"][0];
    assert_eq!(
        ["id", "name", "kind", "expiresAt"].map(|name| face[name].as_str().unwrap()),
        [id, "bot", "hmac", "2100-01-01T00:00:00Z"]
    );
    assert_eq!((&face["scopes"], &face["allowIps"]), (&["read"].into(), &["127.0.0.1/32"].into()));
    assert!(key.api_key.starts_with(face["hint"].as_str().unwrap()));
    assert!(!listed.to_string().contains(&key.secret_key));
    let other = house.create_key("ann@example.com", "read");
    let revoke = format!("api-key revoke --email ann@example.com --id {id}");
    assert_eq!(house.done(&revoke, "")["id"].as_str(), Some(id));
    assert_eq!(server.account(&key), REFUSED_KEY);
    assert_eq!(server.account(&other), GOOD, "another key is not touched");
    assert_eq!(house.done(list, "")["items"].as_array().unwrap().len(), 1);
    assert!(house.refused(&revoke, "").contains("no key"));
    server.stop();
    let server = house.serve();
    assert_eq!(server.account(&key), REFUSED_KEY);
    server.stop();
}

#[test]
fn an_operator_halts_and_resumes_a_market_by_a_signed_request_that_is_good_once() {
    let house = House::new();
    house.create_user("ann@example.com", " --admin");
    let file = house.data().join("market.toml");
    std::fs::write(&file, "symbol = 'BTC-USDT'\ntick = '0.01'\nlot = '0.00001'\n").unwrap();
    house.done(&format!("market create --file {}", file.display()), "");
    let admin = house.create_key("ann@example.com", "read,admin");
    let reader = house.create_key("ann@example.com", "read");
    let server = house.serve();
    let path = |symbol: &str, act: &str| format!("/api/v1/admin/markets/{symbol}/{act}");
    let halt = path("BTC-USDT", "halt");
    let bare = admin.sign(&timestamp());
    assert_eq!(server.post(&halt, &admin, &bare).0, 200, "the path says enough");
    let signed = |key: &house::Key, symbol: &str, state: &str, n: u32| {
        key.sign(&format!("symbol={symbol}&state={state}&{}&n={n}", timestamp()))
    };
    let query = signed(&admin, "BTC-USDT", "halted", 1);
    let (status, halted) = server.post(&halt, &admin, &query);
    assert_eq!((status, &halted["state"]), (200, &"halted".into()), "{halted}");
    let fresh = signed(&admin, "BTC-USDT", "halted", 4);
    let (status, other) = server.post(&path("BTC-USDT", "resume"), &admin, &fresh);
    assert_eq!(status, 400, "what halts does not resume: {other}");
    let (status, again) = server.post(&halt, &admin, &query);
    assert_eq!(status, 409, "heard on its way, it changes nothing: {again}");
    let (status, resumed) =
        server.post(&path("BTC-USDT", "resume"), &admin, &signed(&admin, "BTC-USDT", "open", 2));
    assert_eq!((status, &resumed["state"]), (200, &"open".into()), "{resumed}");
    for (key, symbol, want) in [(&reader, "BTC-USDT", 403), (&admin, "ETH-USDT", 404)] {
        let query = signed(key, symbol, "halted", 3);
        assert_eq!(server.post(&path(symbol, "halt"), key, &query).0, want, "{symbol}");
    }
    server.stop();
}

#[test]
fn what_cannot_be_is_refused_with_its_reason_and_changes_nothing() {
    let house = House::new();
    house.create_user("ann@example.com", "");
    let again = "user create --email ANN@example.com --password-stdin";
    assert!(house.refused(again, "correct horse").contains("exists already"));
    let server = house.serve();
    let create = |email: &str| format!("user create --email {email} --password-stdin");
    let key = |scopes: &str| format!("api-key create --email ann@example.com --scopes {scopes}");
    let cases = [
        (create("ANN@example.com"), "correct horse", "exists already"),
        (create("nonsense"), "correct horse", "no email"),
        (create("bob@example.com"), "short", "12 characters"),
        (create("bob@example.com --admin"), "password1234", "easily guessed"),
        ("user reset-password --email ann@example.com --password-stdin".into(), "ann123", "12"),
        (create("bob@example.com"), &*"p".repeat(257), "256 bytes"),
        (create("bob@example.com"), "", "no password"),
        (
            "user reset-password --email bob@example.com --password-stdin".into(),
            "correct horse",
            "no user",
        ),
        (key("read,everything"), "", "the scopes are"),
        (key("admin"), "", "administrator"),
        (key("read --allow-ip 300.0.0.1"), "", "CIDR"),
        (key("read --expires-at tomorrow"), "", "no time"),
        (key("read --expires-at 2020-01-01T00:00:00Z"), "", "expire"),
        ("api-key create --email bob@example.com --scopes read".into(), "", "no user"),
    ];
    for (words, input, reason) in cases {
        let said = house.refused(&words, input);
        assert!(said.contains(reason), "{words}: {said}");
        assert!(!said.contains("correct horse"), "{said}");
    }
    server.stop();
}

#[test]
fn a_public_key_makes_a_key_without_a_secret() {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let house = House::new();
    house.create_user("ann@example.com", "");
    let own = Ed25519KeyPair::generate().unwrap();
    let der = STANDARD.encode(own.public_key().as_der().unwrap().as_ref());
    let file = house.data().join("public.pem");
    std::fs::write(&file, format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n"))
        .unwrap();
    let words = format!(
        "api-key create --email ann@example.com --scopes read --public-key {}",
        file.display()
    );
    let printed = house.done(&words, "");
    assert!(printed.get("secretKey").is_none(), "{printed}");
    let key = house::Key::new(&printed);
    let server = house.serve();
    let query = timestamp();
    let signature = STANDARD.encode(own.sign(query.as_bytes()).as_ref());
    let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    assert_eq!(server.account_signed(&key, &format!("{query}&signature={signature}")), GOOD);
    assert_eq!(server.account(&key), WRONG_SIGNATURE);
}

#[test]
fn no_secret_is_logged_or_lies_readable_on_the_disk() {
    const PASSWORD: &str = "canary-5c1d-password";
    let house = House::new();
    let server = house.serve();
    let words = "user create --email ann@example.com --password-stdin";
    house.done(words, PASSWORD);
    let key = house.create_key("ann@example.com", "read");
    let query = key.sign(&timestamp());
    assert_eq!(server.account_signed(&key, &query), GOOD);
    let signature = query.rsplit_once('=').unwrap().1.to_owned();
    house.done("keys rotate", "");
    let log = server.stop();
    assert!(log.contains("API key created"), "the log was read: {log}");
    for (what, canary) in [
        ("password", PASSWORD),
        ("secret", &key.secret_key),
        ("signature", &signature),
        ("API key", &key.api_key),
    ] {
        assert!(!log.contains(canary), "the {what} is in the log");
    }
    let master = std::fs::read_to_string(house.data().join("master.key")).unwrap();
    let masters = master.lines().filter_map(|line| line.split(' ').nth(1));
    masters.for_each(|master| assert!(!log.contains(master), "a master key is in the log"));
    for path in files(&house.data()) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for (what, canary) in
            [("password", PASSWORD), ("secret", &key.secret_key), ("API key", &key.api_key)]
        {
            assert!(!text.contains(canary), "the {what} is in {}", path.display());
        }
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_house_without_its_master_key_does_not_open() {
    let house = House::new();
    house.create_user("ann@example.com", "");
    house.create_key("ann@example.com", "read");
    let file = house.data().join("master.key");
    let kept = house.data().join("kept");
    let serve = "serve --listen 127.0.0.1:0";
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(house.refused(serve, "").contains("others may read the key file"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::rename(&file, &kept).unwrap();
    assert!(house.refused(serve, "").contains("there is no key file"));
    std::fs::copy(&kept, &file).unwrap();
    house.create_key("ann@example.com", "read");
}

#[test]
fn a_start_that_fails_when_the_house_is_open_says_why_and_lets_it_go() {
    let house = House::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let serve = format!("serve --listen {}", taken.local_addr().unwrap());
    assert!(house.refused(&serve, "").contains("Address already in use"));
    house.serve().stop();
}

#[test]
fn a_named_key_file_is_made_by_its_own_command_alone() {
    let house = House::new();
    std::fs::create_dir(house.data()).unwrap();
    let file = house.data().join("named.key");
    let named = format!("--master-key-file {}", file.display());
    let user = format!("user create --email ann@example.com --password-stdin {named}");
    assert!(house.refused(&user, "correct horse").contains("there is no key file"));
    let make = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rialto"));
        command.args(["keys", "create", "--master-key-file"]).arg(&file).output().unwrap().status
    };
    assert!(make().success());
    assert!(!make().success(), "a file that is there stays");
    house.done(&user, "correct horse");
    assert!(!house.data().join("master.key").exists());
}

#[test]
fn a_master_key_from_the_environment_opens_the_house_and_is_not_rotated() {
    let house = House::new();
    let run = |words: &str, master: &str| {
        let mut command = house.command(words);
        command.env("RIALTO_MASTER_KEY", master).stdin(std::process::Stdio::null());
        command.output().unwrap()
    };
    house.create_user("ann@example.com", "");
    let create = "api-key create --email ann@example.com --scopes read";
    assert!(run(create, &"ab".repeat(32)).status.success());
    assert!(!run(create, &"cd".repeat(32)).status.success(), "another master key");
    assert!(!run(create, "short").status.success());
    let rotated = run("keys rotate", &"ab".repeat(32));
    let said = String::from_utf8_lossy(&rotated.stderr);
    assert!(!rotated.status.success() && said.contains("cannot be rotated"), "{said}");
}
