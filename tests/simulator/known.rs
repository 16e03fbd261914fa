//! Where the simulator answers differently from the recorded server, each with its reason. An entry that is not needed fails the test.

use super::compare::Part;

pub struct Known {
    /// Recording and lines, as `07:12`.
    pub places: &'static [&'static str],
    pub part: Part,
    pub why: &'static str,
}

const fn known(places: &'static [&'static str], part: Part, why: &'static str) -> Known {
    Known { places, part, why }
}

/// How much a server holds depends on its past and on how many built-in objects it has.
const COUNTS: &[&str] = &[
    "12:4", "12:5", "12:6", "12:7", "12:8", "12:9", "12:10", "12:13", "12:14", "12:16", "12:17",
    "12:19", "12:20", "12:21", "12:22",
];

pub const KNOWN: &[Known] = &[
    known(
        &["07:12", "07:14"],
        Part::Tag,
        "one of the two replicas learned of new objects seconds before the other; here both do within a second",
    ),
    known(&["07:12", "07:14"], Part::Rows, "the same"),
    known(
        &["07:18"],
        Part::Rows,
        "the frontiers moved 0.4 s before the statuses said hydrated; here both change at once",
    ),
    known(
        &["09:8"],
        Part::Rows,
        "the real server adds WITH (DETAILS = ..), bytes of its own that mean nothing outside of it",
    ),
    known(
        &["09:25"],
        Part::Rows,
        "the view had its first refresh a second after it was made; here its table is told up to 1.7 s late",
    ),
    known(
        &["09:27"],
        Part::Tag,
        "the real server had restarted and had replicas of an earlier life",
    ),
    known(&["09:27"], Part::Rows, "the same"),
    known(
        &["09:32"],
        Part::Rows,
        "clusters of an earlier deployment are in the real server's lineage; nothing of ours reads it",
    ),
    known(
        COUNTS,
        Part::Rows,
        "a count of something that depends on the server's past",
    ),
    known(
        &["12:25"],
        Part::Rows,
        "which schema comes first without ORDER BY is chance",
    ),
    known(
        &["14:17"],
        Part::Rows,
        "ordered by the audit id's text: which eight of all events come first depends on the numbers",
    ),
    known(
        &[
            "15:0", "15:1", "15:2", "15:3", "15:4", "15:5", "15:6", "15:7",
        ],
        Part::Rows,
        "that server's tables, without any source, were told at the moment of the reading (-0.001 s) and the wall clock was 0.04 s \
         ahead; here tables step as on 26.39, and which of the readings finds the sink a second behind is chance",
    ),
];
