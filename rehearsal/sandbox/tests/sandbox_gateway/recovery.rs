//! The book's file after a crash: what was torn is cut, what is damaged is refused, what is in use is left alone.

use super::*;
use std::fs;

#[test]
fn a_torn_last_line_is_cut_wherever_it_tore() {
    let bench = Bench::new();
    bench.call(&authorize("a", "tok_visa", 1_000)).unwrap();
    let before = fs::metadata(bench.path()).unwrap().len();
    bench.call(&capture("c", "a", 600)).unwrap();
    let whole = fs::read(bench.path()).unwrap();
    let path = bench.dir.path().join("torn.jsonl");
    for length in usize::try_from(before).unwrap()..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let book = open(&path);
        assert_eq!(
            fs::metadata(&path).unwrap().len(),
            before,
            "cut at {length}"
        );
        let totals = book.totals(None, NOW).unwrap();
        assert_eq!((totals.captured, totals.blocked), (Cents(0), Cents(1_000)));
        let again = book.call(&capture("c", "a", 600), NOW).unwrap().outcome;
        assert_eq!(again, Ok(captured(600)));
        drop(book);
        assert_eq!(
            fs::read(&path).unwrap(),
            whole,
            "written again after a cut at {length}"
        );
    }
}

#[test]
fn a_last_line_of_which_a_part_never_reached_the_disk_is_cut() {
    let bench = Bench::new();
    bench.call(&authorize("a", "tok_visa", 1_000)).unwrap();
    let before = usize::try_from(fs::metadata(bench.path()).unwrap().len()).unwrap();
    bench.call(&capture("c", "a", 600)).unwrap();
    let mut text = fs::read(bench.path()).unwrap();
    text[before..before + 8].fill(0);
    let path = bench.dir.path().join("holes.jsonl");
    fs::write(&path, &text).unwrap();
    assert_eq!(open(&path).totals(None, NOW).unwrap().captured, Cents(0));
}

#[test]
fn a_torn_header_is_written_again() {
    let bench = Bench::new();
    let header = fs::read(bench.path()).unwrap();
    let path = bench.dir.path().join("header.jsonl");
    for length in 0..header.len() {
        fs::write(&path, &header[..length]).unwrap();
        drop(open(&path));
        assert_eq!(fs::read(&path).unwrap(), header, "torn at {length}");
    }
}

#[test]
fn damage_before_the_last_line_is_refused_and_left_as_it_is() {
    let bench = Bench::new();
    for key in ["a", "b", "c"] {
        bench.call(&authorize(key, "tok_visa", 1_000)).unwrap();
    }
    let text = fs::read_to_string(bench.path()).unwrap();
    let damaged = text.replacen("1000", "10x0", 1);
    let path = bench.dir.path().join("damaged.jsonl");
    fs::write(&path, &damaged).unwrap();
    let fault = try_open(&path).unwrap_err();
    assert!(
        matches!(fault, BookFault::Damaged { line: 2, .. }),
        "{fault}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
}

#[test]
fn v12_a_changed_digit_in_the_book_is_refused_wherever_it_is() {
    let bench = Bench::new();
    for key in ["a", "b", "c"] {
        bench.call(&authorize(key, "tok_visa", 1_000)).unwrap();
    }
    let whole = fs::read(bench.path()).unwrap();
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap();
    let path = bench.dir.path().join("digit.jsonl");
    for place in (0..last).filter(|place| whole[*place].is_ascii_digit()) {
        let mut changed = whole.clone();
        changed[place] = b'0' + (changed[place] - b'0' + 1) % 10;
        fs::write(&path, &changed).unwrap();
        let fault = try_open(&path).unwrap_err();
        assert!(
            matches!(
                fault,
                BookFault::Damaged { .. } | BookFault::NotABook { .. }
            ),
            "{place}: {fault}"
        );
        assert!(fault.to_string().contains("digit.jsonl"), "{fault}");
        assert_eq!(fs::read(&path).unwrap(), changed, "left as it is");
    }
}

#[test]
fn v12_lines_that_are_missing_twice_or_in_another_order_are_refused() {
    let bench = Bench::new();
    for key in ["a", "b", "c"] {
        bench.call(&authorize(key, "tok_visa", 1_000)).unwrap();
    }
    let text = fs::read_to_string(bench.path()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let path = bench.dir.path().join("lines.jsonl");
    for order in [
        &[0, 2, 3][..],
        &[0, 1, 1, 2, 3],
        &[0, 2, 1, 3],
        &[0, 1, 3, 3],
    ] {
        let changed: String = order.iter().map(|line| lines[*line]).collect();
        fs::write(&path, changed).unwrap();
        let fault = try_open(&path).unwrap_err();
        assert!(
            matches!(fault, BookFault::Damaged { .. }),
            "{order:?}: {fault}"
        );
    }
}

#[test]
fn another_file_is_refused_and_left_as_it_is() {
    let bench = Bench::new();
    let path = bench.dir.path().join("other");
    for text in ["{\"campusg_sandbox_book\":1}\n", "hello", "\n"] {
        fs::write(&path, text).unwrap();
        let fault = try_open(&path).unwrap_err();
        assert!(
            matches!(fault, BookFault::NotABook { .. }),
            "{text:?}: {fault}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_book_in_use_is_not_opened_again() {
    let bench = Bench::new();
    let fault = Book::open(&bench.path(), TUNING).unwrap_err();
    assert!(matches!(fault, BookFault::InUse { .. }), "{fault}");
}
