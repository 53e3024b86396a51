//! Relays and devices that were set back, and copies (SYNC 14, 15).

use super::*;

/// Two devices that pushed and pulled.
fn two_devices() -> (World, Device, Device) {
    let (mut world, mut one, mut two) = (World::new(), Device::new(1), Device::new(2));
    world.push(&mut one, vec![record(0, 1, 1, &[1])]);
    world.push(&mut two, vec![record(1, 1, 2, &[1])]);
    world.pull(&mut one, false, 1 << 20);
    world.pull(&mut two, false, 1 << 20);
    (world, one, two)
}

fn restart(world: &mut World, device: &mut Device, lost: Place) -> Answer {
    let answer = world.ask(device, Request::Restart(Restart { lost }));
    if let Answer::Resolved(resolved) = answer {
        device.standing = Standing { got: None, sent: resolved.sent, token: resolved.token };
    }
    answer
}

#[test]
fn a_relay_set_back_is_noticed_whatever_was_pushed_since() {
    let (mut world, mut one, mut two) = two_devices();
    let backup = world.relay.clone();
    world.push(&mut one, vec![record(0, 2, 1, &[1])]);
    world.pull(&mut two, false, 1 << 20);
    world.relay = backup;
    // By what it pushed, by what it read, and also when others have filled the sequences again.
    for other in 10..13 {
        for device in [&one, &two] {
            assert_eq!(world.refusal(device, device.pull(false, 1 << 20)), Some(Refusal::SetBack));
            let push = world.next_push(device, vec![record(0, 9, 1, &[1])]);
            assert_eq!(world.refusal(device, Request::Push(push)), Some(Refusal::SetBack));
        }
        world.push(&mut Device::new(other), vec![record(2, 2, 3, &[1])]);
    }
}

/// The acknowledged push left no record, yet its token belongs to a place.
#[test]
fn a_push_that_left_nothing_pins_its_token_too() {
    let (mut world, mut one, _) = two_devices();
    let backup = world.relay.clone();
    assert_eq!(world.push(&mut one, vec![record(0, 1, 1, &[1])]), [Verdict::Known]);
    world.relay = backup;
    assert_eq!(world.refusal(&one, one.pull(false, 1 << 20)), Some(Refusal::SetBack));
}

#[test]
fn after_a_restart_a_device_reads_all_and_pushes_on() {
    let (mut world, mut one, _) = two_devices();
    let backup = world.relay.clone();
    world.push(&mut one, vec![record(0, 2, 1, &[1])]);
    world.relay = backup;
    let lost = one.standing.sent.unwrap();
    assert!(matches!(restart(&mut world, &mut one, lost), Answer::Resolved(_)));
    let all = world.pull(&mut one, true, 1 << 20);
    assert_eq!(all.len(), 2);
    assert_eq!(world.push(&mut one, vec![record(0, 2, 1, &[1])]), [Verdict::Accepted]);
}

/// A lost answer to a restart is asked for again; the token that got lost is stale.
#[test]
fn of_two_that_restart_only_the_last_goes_on() {
    let (mut world, mut one, _) = two_devices();
    let backup = world.relay.clone();
    world.push(&mut one, vec![record(0, 2, 1, &[1])]);
    world.relay = backup;
    let mut copy = one.clone();
    let lost = one.standing.sent.unwrap();
    restart(&mut world, &mut one, lost);
    restart(&mut world, &mut copy, lost);
    assert_eq!(world.refusal(&one, one.pull(true, 1 << 20)), Some(Refusal::Forked));
    assert_eq!(world.pull(&mut copy, true, 1 << 20).len(), 2);
    assert_eq!(restart(&mut world, &mut one.clone(), one.standing.sent.unwrap()), FORKED);
}

const FORKED: Answer = Answer::Refused(Refusal::Forked);

#[test]
fn a_healthy_relay_gives_no_fresh_standing() {
    let (mut world, mut one, _) = two_devices();
    let old = one.clone();
    world.push(&mut one, vec![record(0, 2, 1, &[1])]);
    for lost in [old.standing.sent, old.standing.got, one.standing.sent].into_iter().flatten() {
        assert_eq!(restart(&mut world, &mut old.clone(), lost), FORKED);
    }
    world.push(&mut one, vec![]);
}

#[test]
fn a_device_set_back_is_forked_at_every_request() {
    let (mut world, mut one, _) = two_devices();
    let old = one.clone();
    world.push(&mut one, vec![record(0, 2, 1, &[1])]);
    let (standing, table) = (old.standing, TableTag([0; 8]));
    let push = world.next_push(&old, vec![record(0, 3, 1, &[1])]);
    for request in [
        old.pull(false, 1 << 20),
        old.pull(true, 1 << 20),
        Request::Push(push),
        Request::Resolve(Resolve { standing, id: PushId([9; 16]) }),
        Request::Compare(Compare { standing, table }),
        Request::Describe(Describe { standing, table, part: 0, after: None }),
        Request::Fetch(Fetch { standing, rows: vec![] }),
    ] {
        assert_eq!(world.refusal(&old, request), Some(Refusal::Forked));
    }
    // Set back to before its first push, or robbed of its state.
    let blank = Device { standing: Standing::default(), ..one.clone() };
    assert_eq!(world.refusal(&blank, blank.pull(true, 1 << 20)), Some(Refusal::Forked));
    let push = world.next_push(&blank, vec![]);
    assert_eq!(world.refusal(&blank, Request::Push(push)), Some(Refusal::Forked));
}

#[test]
fn of_two_copies_the_second_to_push_is_forked() {
    let (mut world, mut one, _) = two_devices();
    let copy = one.clone();
    world.push(&mut one, vec![record(0, 2, 1, &[1])]);
    let push = world.next_push(&copy, vec![record(0, 3, 1, &[2])]);
    assert_eq!(world.refusal(&copy, Request::Push(push)), Some(Refusal::Forked));
}

#[test]
fn an_exact_repeat_has_one_effect_and_one_answer() {
    let (mut world, one, _) = two_devices();
    let push = world.next_push(&one, vec![record(0, 2, 1, &[1]), record(0, 1, 1, &[1])]);
    let first = world.ask(&one, Request::Push(push.clone()));
    let held: Vec<Delivered> = world.relay.records().collect();
    let state = world.relay.state(NOW);
    assert_eq!(world.ask(&one, Request::Push(push.clone())), first);
    assert_eq!((world.relay.records().collect(), world.relay.state(NOW)), (held, state));
    // The same name with other records is no repeat.
    let other = Push { records: vec![record(0, 3, 1, &[1])], ..push.clone() };
    assert!(matches!(world.refusal(&one, Request::Push(other)), Some(Refusal::Malformed(_))));
    // Once another push has followed, it is none either.
    let mut next = one.clone();
    let Answer::Pushed(pushed) = first else { panic!("{first:?}") };
    next.took(&pushed);
    world.push(&mut next, vec![]);
    assert_eq!(world.refusal(&one, Request::Push(push)), Some(Refusal::Forked));
}

#[test]
fn a_lost_answer_is_resolved() {
    let (mut world, mut one, _) = two_devices();
    let push = world.next_push(&one, vec![record(0, 2, 1, &[1])]);
    let resolve =
        |device: &Device| Request::Resolve(Resolve { standing: device.standing, id: push.id });
    let answer = world.ask(&one, Request::Push(push.clone()));
    let Answer::Pushed(pushed) = answer else { panic!("{answer:?}") };
    let expected = Resolved { accepted: true, token: Some(pushed.token), sent: pushed.sent };
    assert_eq!(world.ask(&one, resolve(&one)), Answer::Resolved(expected));
    one.took(&pushed);
    assert_eq!(world.ask(&one, resolve(&one)), Answer::Resolved(expected));
}

/// A process sent a push and died. The next one asks for it before it comes.
#[test]
fn a_push_that_comes_after_it_was_asked_for_is_refused_and_its_device_goes_on() {
    let (mut world, mut one, _) = two_devices();
    let late = world.next_push(&one, vec![record(0, 2, 1, &[1])]);
    let resolve = Request::Resolve(Resolve { standing: one.standing, id: late.id });
    let answer = world.ask(&one, resolve.clone());
    let Answer::Resolved(resolved) = answer.clone() else { panic!("{answer:?}") };
    assert!(!resolved.accepted && resolved.token != one.standing.token);
    // Asked again, as that answer was lost, too.
    assert_eq!(world.ask(&one, resolve), answer);
    assert_eq!(world.refusal(&one, Request::Push(late)), Some(Refusal::Forked));
    (one.standing.token, one.standing.sent) = (resolved.token, resolved.sent);
    assert_eq!(world.push(&mut one, vec![record(0, 2, 1, &[1])]), [Verdict::Accepted]);
}

/// The answer to the very first push is lost: there is no token to present yet.
#[test]
fn a_lost_first_answer_is_resolved() {
    let (mut world, one) = (World::new(), Device::new(1));
    let push = world.next_push(&one, vec![record(0, 2, 1, &[1])]);
    world.ask(&one, Request::Push(push.clone()));
    let resolve = Resolve { standing: one.standing, id: push.id };
    let answer = world.ask(&one, Request::Resolve(resolve));
    assert!(matches!(answer, Answer::Resolved(Resolved { accepted: true, token: Some(_), .. })));
    let other = Resolve { id: PushId([5; 16]), ..resolve };
    assert_eq!(world.ask(&one, Request::Resolve(other)), FORKED);
}

#[test]
fn a_relay_that_lost_everything_is_noticed() {
    let (mut world, mut one, _) = two_devices();
    world.relay = MemoryRelay::new(RelayLimits::default());
    assert_eq!(world.refusal(&one, one.pull(false, 1 << 20)), Some(Refusal::SetBack));
    let lost = one.standing.got.unwrap();
    assert!(matches!(restart(&mut world, &mut one, lost), Answer::Resolved(_)));
    assert_eq!(world.push(&mut one, vec![record(0, 1, 1, &[1])]), [Verdict::Accepted]);
}
