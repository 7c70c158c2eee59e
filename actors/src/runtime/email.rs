//! E-mail addresses: one spelling of each, whatever device and program wrote it.
//!
//! Must not: ask whether there is such a mailbox.

use super::bounds::EMAIL_BYTES;
use campusg_domain::text::is_visible;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// What stands in the part before the `@` beside letters, digits and dots. Source: RFC 5322, `atext`.
const SIGNS: &str = "!#$%&'*+-/=?^_`{|}~";

/// Returns an address in its one spelling; `None` if it is none. Quoted parts, comments and addresses of machines, which
/// have no domain, are not taken.
#[must_use]
pub fn normal_email(text: &str) -> Option<String> {
    let email = folded_email(text);
    let (local, domain) = email.split_once('@')?;
    let fits = email.len() <= EMAIL_BYTES && is_local(local);
    (fits && normal_domain(domain).as_deref() == Some(domain)).then_some(email)
}

/// Returns whatever was typed as an address in one spelling, so that two spellings of one address are counted as one.
#[must_use]
pub fn folded_email(text: &str) -> String {
    let text = folded(text.trim());
    let Some((local, domain)) = text.split_once('@') else {
        return text;
    };
    normal_domain(domain).map_or_else(|| text.clone(), |domain| format!("{local}@{domain}"))
}

/// Returns a domain in its one spelling, in ASCII; `None` if it is none.
#[must_use]
pub fn normal_domain(text: &str) -> Option<String> {
    // What is invisible would be dropped without a word.
    let seen = text.chars().all(is_visible);
    let domain = idna::domain_to_ascii_strict(text).ok().filter(|_| seen)?;
    domain.contains('.').then_some(domain)
}

fn folded(text: &str) -> String {
    let lower: String = text.nfkc().flat_map(char::to_lowercase).collect();
    lower.nfkc().collect()
}

fn is_local(text: &str) -> bool {
    let is_letter = |letter: char| {
        let other = letter.is_alphanumeric() || is_combining_mark(letter);
        SIGNS.contains(letter) || other && is_visible(letter)
    };
    let is_part = |part: &str| !part.is_empty() && part.chars().all(is_letter);
    text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::{folded, folded_email, normal_domain, normal_email};

    #[test]
    fn two_spellings_of_one_address_are_one_address() {
        let josé = normal_email("jos\u{e9}@m\u{fc}nchen.example");
        assert_eq!(josé.as_deref(), Some("jos\u{e9}@xn--mnchen-3ya.example"));
        for same in [
            "jose\u{301}@m\u{fc}nchen.example",
            "JOS\u{c9}@M\u{dc}NCHEN.example",
            "\u{ff4a}os\u{e9}@mu\u{308}nchen.example",
            "jos\u{e9}@xn--mnchen-3ya.example",
            "jos\u{e9}@XN--MNCHEN-3YA.EXAMPLE",
            " jos\u{e9}\u{ff20}m\u{fc}nchen\u{3002}example\n",
        ] {
            assert_eq!(normal_email(same), josé, "{same:?}");
            assert_eq!(Some(folded_email(same)), josé, "{same:?}");
        }
        assert_eq!(
            normal_email(" Ann@Campus.EDU "),
            Some("ann@campus.edu".into())
        );
    }

    #[test]
    fn the_one_spelling_is_its_own_spelling() {
        for letter in '\0'..='\u{1FFFF}' {
            let once = folded(&format!("a{letter}b"));
            assert_eq!(folded(&once), once, "{letter:?}");
        }
        for address in [
            "ﬁ@campus.example",
            "İ@Ünı.example",
            "Ǆ@ß.example",
            "ΟΔΟΣ@ΟΔΟΣ.example",
        ] {
            let once = normal_email(address);
            assert!(once.is_some(), "{address}");
            assert_eq!(once.as_deref().and_then(normal_email), once, "{address}");
        }
    }

    #[test]
    fn an_address_hides_nothing() {
        let hidden = "\u{200B}\u{200C}\u{200D}\u{AD}\u{FEFF}\u{202E}\u{2066}\u{200F}\u{2060}\u{3164}\u{115F}\u{34F}\u{FE0F}\u{E0041}\u{2028}\u{2029}\u{85}\0\t\u{7F}\u{FFF9}";
        for letter in hidden.chars() {
            for wrong in [
                format!("a{letter}da@campus.example"),
                format!("{letter}@campus.example"),
                format!("ada@cam{letter}pus.example"),
                format!("ada@campus{letter}.example"),
            ] {
                assert_eq!(normal_email(&wrong), None, "{wrong:?}");
            }
        }
    }

    #[test]
    fn f53_an_address_has_no_letter_that_shows_nothing_whatever_its_class() {
        let hidden = "\u{16FE4}\u{13430}\u{13440}\u{13441}\u{13442}\u{600}\u{FFFC}\u{E000}\u{2D7F}\u{1107F}\u{1D159}\u{1BC9D}";
        for letter in hidden.chars() {
            for wrong in [
                format!("a{letter}da@campus.example"),
                format!("ada@cam{letter}pus.example"),
            ] {
                assert_eq!(normal_email(&wrong), None, "{wrong:?}");
            }
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@campus.edu", "x".repeat(250));
        for wrong in [
            "",
            "ann",
            "@campus.edu",
            "ann@campus",
            "ann@.edu",
            "ann@edu.",
            "ann@campus..edu",
            "ann@-campus.edu",
            "ann@campus.edu.",
            "a b@campus.edu",
            "ann@@campus.edu",
            "ann@campus.edu@x.edu",
            "ann..lee@campus.edu",
            ".ann@campus.edu",
            "ann.@campus.edu",
            "\"ann\"@campus.edu",
            "ann(c)@campus.edu",
            "<script>@campus.edu",
            "ann,lee@campus.edu",
            "ann@[127.0.0.1]",
            "ann@campus_edu.x",
            "ann@xn--a.example",
            &long,
        ] {
            assert_eq!(normal_email(wrong), None, "{wrong}");
        }
        for right in [
            "o'neill+x=1@campus.edu",
            "дарья@campus.edu",
            "नेहा@campus.edu",
            "a@b.c",
        ] {
            assert!(normal_email(right).is_some(), "{right}");
        }
        assert_eq!(normal_domain("Campus.EDU"), Some("campus.edu".into()));
    }
}
