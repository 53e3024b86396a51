//! Who may do what.

use runlog_core::id::DeviceId;
use runlog_core::sync::message::{Answer, Refusal, Verdict};
use serde_json::{Value, json};

use crate::client::request;
use crate::support::{Device, Place, Relay, hex, record};

pub fn the_first_account_needs_the_code_and_others_an_invitation(place: &Place) {
    let mut relay = Relay::start(place);
    let code = relay.setup_code.clone().unwrap();
    let add = |relay: &Relay, bearer: &str, body: Value| {
        relay.call(("POST", "/v1/accounts"), bearer, &body)
    };
    assert_eq!(add(&relay, "wrong", json!({ "name": "me" })).code(), "unauthorised");
    assert_eq!(add(&relay, &code, json!({ "name": "" })).code(), "malformed");
    let (first, _) = relay.account(&code, json!({ "name": "me" }));
    assert_eq!(add(&relay, &code, json!({ "name": "me" })).code(), "unauthorised");
    let (second, _) = relay.account(&first, json!({ "name": "you" }));
    assert_eq!(add(&relay, &second, json!({ "name": "them" })).code(), "forbidden");
    let (third, _) = relay.account(&first, json!({ "name": "host", "may_invite": true }));
    relay.account(&third, json!({ "name": "guest" }));
    relay.stop();
    let again = Relay::start(place);
    assert_eq!(again.setup_code, None);
    again.account(&first, json!({ "name": "later" }));
}

pub fn devices_come_in_by_member_or_key_and_go_for_good(place: &Place) {
    let relay = Relay::start(place);
    let (owner, _) = relay.first_account();
    let (stranger, _) = relay.account(&owner, json!({ "name": "stranger" }));
    let (vault, key) = relay.vault(&owner, 7);
    let mut one = relay.device(vault, &owner, 1);
    let mut two = relay.device(vault, &key, 2);
    let body = json!({ "device": DeviceId::from_u128(3).to_string() });
    assert_eq!(relay.add_device(vault, &stranger, &body).code(), "not_found");
    assert_eq!(relay.add_device(vault, &hex(&[9; 32]), &body).code(), "unauthorised");
    assert_eq!(relay.add_device(vault, &one.token, &body).code(), "unauthorised");
    relay.push(&mut one, vec![record(0, 1, 1, &[1])]);
    relay.pass_ms(1000);
    assert_eq!(relay.pull(&mut two, false).0.len(), 1);

    let path = format!("/v1/vaults/{vault}/devices");
    let listed = relay.call(("GET", &path), &owner, &Value::Null).json();
    let seen: Vec<&str> =
        listed.as_array().unwrap().iter().map(|d| d["seen_at"].as_str().unwrap()).collect();
    assert_eq!(seen, ["2023-11-14T22:13:20.000Z", "2023-11-14T22:13:21.000Z"]);

    // Another token for a device that is in: the old one is void, its standing stays.
    let renewed = relay.device(vault, &key, 1);
    let (status, answer) = relay.ask(&one, &one.pull(false, 100));
    assert_eq!((status, answer), (401, Answer::Refused(Refusal::Unauthorised)));
    let mut one = Device { token: renewed.token, ..one };
    relay.push(&mut one, vec![record(0, 2, 1, &[1])]);

    let gone = format!("{path}/{}", one.id);
    assert_eq!(relay.call(("DELETE", &gone), &stranger, &Value::Null).code(), "not_found");
    assert_eq!(relay.call(("DELETE", &gone), &owner, &Value::Null).status, 204);
    assert_eq!(relay.call(("DELETE", &gone), &owner, &Value::Null).code(), "not_found");
    assert_eq!(relay.ask(&one, &one.pull(false, 100)).0, 401);
    let body = json!({ "device": one.id.to_string() });
    assert_eq!(relay.add_device(vault, &key, &body).code(), "forbidden");
    assert_eq!(relay.call(("GET", &path), &key, &Value::Null).json()[0]["revoked"], true);
}

pub fn roles_hold(place: &Place) {
    let relay = Relay::start(place);
    let (owner, owner_id) = relay.first_account();
    let (guest, guest_id) = relay.account(&owner, json!({ "name": "guest" }));
    let (vault, _) = relay.vault(&owner, 7);
    let member = format!("/v1/vaults/{vault}/members/{guest_id}");
    let set = |bearer: &str, role: Value| {
        relay.call(("PUT", &member), bearer, &json!({ "role": role })).status
    };
    assert_eq!(set(&guest, json!("owner")), 404);
    assert_eq!(set(&owner, json!("reader")), 204);
    assert_eq!(set(&guest, json!("owner")), 403);
    let mut reader = relay.device(vault, &guest, 2);
    let mut writer = relay.device(vault, &owner, 1);
    relay.push(&mut writer, vec![record(0, 1, 1, &[1])]);
    assert_eq!(relay.pull(&mut reader, false).0.len(), 1);
    let push = reader.push(vec![record(0, 2, 2, &[1])]);
    assert_eq!(relay.ask(&reader, &push), (403, Answer::Refused(Refusal::ReadOnly)));
    let gone = format!("/v1/vaults/{vault}/devices/{}", writer.id);
    assert_eq!(relay.call(("DELETE", &gone), &guest, &Value::Null).code(), "forbidden");
    // A device keeps what it was let in with; a new token takes what the account may do now.
    assert_eq!(set(&owner, json!("writer")), 204);
    let mut reader = Device { token: relay.device(vault, &guest, 2).token, ..reader };
    assert_eq!(relay.push(&mut reader, vec![record(0, 2, 2, &[1])]), [Verdict::Accepted]);
    // Out of the vault, out with the devices.
    assert_eq!(set(&owner, Value::Null), 204);
    assert_eq!(relay.ask(&reader, &reader.pull(false, 100)).0, 401);
    let own = format!("/v1/vaults/{vault}/members/{owner_id}");
    let kept = relay.call(("PUT", &own), &owner, &json!({ "role": "reader" }));
    assert_eq!(kept.code(), "conflict");
}

pub fn a_mailbox_is_read_once_and_expires(place: &Place) {
    let relay = Relay::start(place);
    let device = relay.devices(1).remove(0);
    let path = format!("/v1/mailboxes/{}", hex(&[5; 16]));
    let bearer = format!("Bearer {}", device.token);
    let put = |bearer: &str, body: &[u8]| {
        request(relay.address, ("PUT", &path), &[("authorization", bearer)], body)
    };
    let take = || request(relay.address, ("GET", &path), &[], &[]);
    assert_eq!(take().code(), "not_found");
    assert_eq!(put("Bearer x", b"offer").code(), "unauthorised");
    assert_eq!(put(&bearer, &[0; 4097]).code(), "too_large");
    assert_eq!(put(&bearer, b"offer").status, 204);
    let found = take();
    assert_eq!((found.status, found.body.as_slice()), (200, b"offer".as_slice()));
    assert_eq!(take().code(), "not_found");
    assert_eq!(put(&bearer, b"offer").status, 204);
    relay.pass_ms(10 * 60 * 1000 - 1);
    assert_eq!(put(&bearer, b"later").status, 204);
    relay.pass_ms(10 * 60 * 1000);
    assert_eq!(take().code(), "not_found");
}

pub fn nothing_is_shared_between_vaults(place: &Place) {
    let relay = Relay::start(place);
    let (owner, _) = relay.first_account();
    let (first, first_key) = relay.vault(&owner, 1);
    let (second, second_key) = relay.vault(&owner, 2);
    let mut one = relay.device(first, &first_key, 1);
    let mut two = relay.device(second, &second_key, 1);
    relay.push(&mut one, vec![record(0, 1, 1, &[1])]);
    let crossed = Device { vault: second, ..one.clone() };
    assert_eq!(relay.ask(&crossed, &crossed.pull(false, 100)).0, 401);
    assert_eq!(relay.push(&mut two, vec![record(0, 1, 1, &[1])]), [Verdict::Accepted]);
    assert_eq!(two.standing.sent.unwrap().sequence, 1);
    let body = json!({ "device": DeviceId::from_u128(5).to_string() });
    assert_eq!(relay.add_device(second, &first_key, &body).code(), "unauthorised");
    // The vault is taken, whatever verifier comes.
    let (guest, _) = relay.account(&owner, json!({ "name": "guest" }));
    let body = json!({ "vault": first.to_string(), "verifier": hex(&[0; 32]) });
    assert_eq!(relay.call(("POST", "/v1/vaults"), &guest, &body).code(), "conflict");
    assert_eq!(relay.call(("POST", "/v1/vaults"), &owner, &body).code(), "conflict");
}
