//! Kinds of faults as JSON.

use localcloud::fault::Fault;
use localcloud::machine::spec::Direction;

#[test]
fn faults_read_as_they_are_written() {
    let text = r#"{"kind":"vpc-cut","droplet":7,"direction":"both"}"#;
    let fault: Fault = serde_json::from_str(text).expect("known");
    assert_eq!(
        fault,
        Fault::VpcCut {
            droplet: 7,
            direction: Direction::Both
        }
    );
    assert!(serde_json::from_str::<Fault>(r#"{"kind":"earthquake"}"#).is_err());
}
