//! Calls of the API on their way: those that act, and polls.

use floatip::{
    decide::agent::Observation,
    mover::api::{Action, Error},
};

use super::{
    cloud::{Fate, Mood},
    event::{Caller, Event},
    world::{Ms, Post, World},
};

impl World {
    /// A call that acts is sent.
    pub fn post(&mut self, caller: Caller, ip: usize, to: Option<u64>, timeout: Ms) {
        let post = self.posts.len();
        let mut answers = !self.is_lossy();
        match self.cloud.fate(&mut self.rng) {
            Fate::Refused(wait, error) => {
                // A gateway may say 500 to what was carried out behind it.
                let carried_out = error.retry_after().is_none() && self.rng.percent(10);
                self.posts.push(Post {
                    caller,
                    ip,
                    to,
                    answers: !carried_out,
                    result: Some(Err(error)),
                });
                self.after(wait, Event::PostAnswered { post });
                if carried_out {
                    self.after(wait / 2, Event::PostArrives { post });
                }
            }
            Fate::Silence if self.rng.percent(50) => {
                self.posts.push(Post {
                    caller,
                    ip,
                    to,
                    answers: false,
                    result: None,
                });
            }
            Fate::Silence => {
                self.posts.push(Post {
                    caller,
                    ip,
                    to,
                    answers: false,
                    result: None,
                });
                let wait = self.rng.between(10, 3_000);
                self.after(wait, Event::PostArrives { post });
            }
            Fate::Answered(wait) => {
                let late = if self.cloud.mood == Mood::Late {
                    self.rng.between(0, 8_000)
                } else {
                    0
                };
                answers &= wait < timeout;
                self.posts.push(Post {
                    caller,
                    ip,
                    to,
                    answers,
                    result: None,
                });
                self.after(wait / 2 + late, Event::PostArrives { post });
            }
        }
        self.after(timeout, Event::TimedOut { caller });
    }

    pub fn post_arrives(&mut self, post: usize) {
        let Post {
            ip, to, answers, ..
        } = self.posts[post];
        let result = self.cloud.act(self.now, ip, to, &mut self.rng);
        self.say(&format!("a call arrives: {ip} to {to:?}: {result:?}"));
        if let Ok((action, ends)) = &result {
            self.at(*ends, Event::ActionEnds { action: action.id });
        }
        if answers {
            self.posts[post].result = Some(result.map(|(action, _)| action));
            let wait = self.rng.between(5, 60);
            self.after(wait, Event::PostAnswered { post });
        }
    }

    pub fn post_is(&mut self, caller: Caller, result: Result<Action, Error>) {
        match caller {
            Caller::Agent { i, run } => {
                if self.nodes[i].run_id == run && matches!(result, Err(Error::Unprocessable { .. }))
                {
                    self.nodes[i].refused = true;
                }
                let kind = self.kind(i);
                self.answered(i, run, Observation::Started(kind, result));
            }
            Caller::Actor { k, call } => self.actor_started(k, call, result),
        }
    }

    pub fn poll(&mut self, caller: Caller, action: u64) {
        match self.cloud.fate(&mut self.rng) {
            Fate::Answered(wait) => self.after(
                wait,
                Event::PollAnswered {
                    caller,
                    action,
                    fails: false,
                },
            ),
            Fate::Refused(wait, _) => self.after(
                wait,
                Event::PollAnswered {
                    caller,
                    action,
                    fails: true,
                },
            ),
            Fate::Silence => {}
        }
        self.after(2_000, Event::TimedOut { caller });
    }
}
