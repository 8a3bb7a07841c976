//! Trouble of the API for 20 s at the moment of failure: how soon after its end the live IP is on its way to the standby.

use floatip::decide::settings::Settings;

use super::{
    cloud::{LIVE, Mood},
    faults::What,
    node::App,
    world::{Ms, World},
};

/// The droplet fails just before the API does.
const FAILS: Ms = 12_000;
const ENDS: Ms = 32_000;

/// When the move of the live IP was accepted that brought it to the standby, over some seeds: the latest, after the trouble's end.
fn accepted_after(mood: Mood, fails: What) -> i64 {
    let accepted = (0..200).map(|seed| {
        let mut world = World::new(seed, Settings::default(), false);
        world.cloud.holder = [Some(1), None];
        world.cloud.data_plane = Some(1);
        world.start();
        world.has(fails, FAILS, None);
        world.has(What::Api(mood), FAILS + 100, Some(ENDS));
        world.run_until(ENDS + 20_000);
        assert_eq!(world.broken, None, "{mood:?}, seed {seed}");
        assert_eq!(world.cloud.holder[LIVE], Some(2), "{mood:?}, seed {seed}");
        i64::try_from(world.cloud.accepted_at).unwrap() - i64::try_from(ENDS).unwrap()
    });
    let worst = accepted.max().unwrap();
    println!("{mood:?}, {fails:?}: accepted at most {worst} ms after the end of the trouble");
    worst
}

#[test]
fn trouble_of_the_api_is_outlived_by_less_than_a_second() {
    for fails in [
        What::App(0, App::Down),
        What::App(0, App::Hangs),
        What::PowerOff(0),
    ] {
        for mood in [
            Mood::Broken,
            Mood::Flaky,
            Mood::Silent,
            Mood::Slow,
            Mood::Loses,
            Mood::Late,
        ] {
            let worst = accepted_after(mood, fails);
            assert!(worst <= 1_000, "{mood:?}, {fails:?}: {worst} ms");
        }
        // It asks to wait a second, and an action that ends as errored takes its two and a half to do so.
        assert!(accepted_after(Mood::Limited, fails) < 1_700);
        assert!(accepted_after(Mood::Errs, fails) < 4_000);
    }
}
