//! Serves the judge. It is a crate of its own, so nothing that a program names or defines changes what it means.
#![allow(dead_code)]
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::hash::Hash;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::FromRawFd;

#[derive(Clone, Debug)]
pub enum Json { Null, Bool(bool), Number(String), Text(String), List(Vec<Json>), Object(Vec<(String, Json)>) }

pub struct Foreign(pub String);

struct Parser<'a> { source: &'a [u8], at: usize }

impl Parser<'_> {
    fn string(&mut self) -> String {
        let mut found: Vec<u16> = Vec::new();
        self.at += 1;
        while self.source[self.at] != b'"' {
            let c = self.source[self.at];
            self.at += 1;
            if c != b'\\' { found.push(c as u16); continue; }
            let escape = self.source[self.at];
            self.at += 1;
            found.push(match escape {
                b'u' => {
                    let digits = std::str::from_utf8(&self.source[self.at..self.at + 4]).unwrap();
                    self.at += 4;
                    u16::from_str_radix(digits, 16).unwrap()
                }
                b'n' => 10, b't' => 9, b'r' => 13, b'b' => 8, b'f' => 12, other => other as u16,
            });
        }
        self.at += 1;
        String::from_utf16_lossy(&found)
    }
    fn value(&mut self) -> Json {
        match self.source[self.at] {
            b'"' => Json::Text(self.string()),
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while self.source[self.at] != b']' {
                    if self.source[self.at] == b',' { self.at += 1; continue; }
                    items.push(self.value());
                }
                self.at += 1;
                Json::List(items)
            }
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                while self.source[self.at] != b'}' {
                    if self.source[self.at] == b',' { self.at += 1; continue; }
                    let key = self.string();
                    self.at += 1;
                    members.push((key, self.value()));
                }
                self.at += 1;
                Json::Object(members)
            }
            _ => {
                let begin = self.at;
                while self.at < self.source.len() && !b",]}\n".contains(&self.source[self.at]) { self.at += 1; }
                let word = String::from_utf8_lossy(&self.source[begin..self.at]).into_owned();
                match word.as_str() { "null" => Json::Null, "true" => Json::Bool(true), "false" => Json::Bool(false), _ => Json::Number(word) }
            }
        }
    }
}

fn sequence(json: &Json) -> Result<&Vec<Json>, Foreign> {
    match json {
        Json::List(items) => Ok(items),
        Json::Object(members) if members.len() == 1 && "tsd".contains(members[0].0.as_str()) => sequence(&members[0].1),
        _ => Err(Foreign("a value that is no sequence".into())),
    }
}

pub trait Form: Sized {
    fn read(json: &Json) -> Result<Self, Foreign>;
    fn write(&self, into: &mut String);
}

macro_rules! integers { ($($kind:ty),*) => { $(
    impl Form for $kind {
        fn read(json: &Json) -> Result<Self, Foreign> {
            match json { Json::Number(word) => word.parse().map_err(|_| Foreign(format!("{word}: no {}", stringify!($kind)))), _ => Err(Foreign("no integer".into())) }
        }
        fn write(&self, into: &mut String) { into.push_str(&self.to_string()); }
    }
)* } }
integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

macro_rules! floats { ($($kind:ty),*) => { $(
    impl Form for $kind {
        fn read(json: &Json) -> Result<Self, Foreign> {
            match json {
                Json::Number(word) => word.replace("Infinity", "inf").parse().map_err(|_| Foreign(format!("{word}: no number"))),
                _ => Err(Foreign("no number".into())),
            }
        }
        fn write(&self, into: &mut String) {
            if self.is_nan() { into.push_str("NaN"); }
            else if self.is_infinite() { into.push_str(if *self < 0.0 { "-Infinity" } else { "Infinity" }); }
            else { into.push_str(&format!("{self:?}")); }
        }
    }
)* } }
floats!(f32, f64);

impl Form for bool {
    fn read(json: &Json) -> Result<Self, Foreign> { match json { Json::Bool(value) => Ok(*value), _ => Err(Foreign("no bool".into())) } }
    fn write(&self, into: &mut String) { into.push_str(if *self { "true" } else { "false" }); }
}
impl Form for () {
    fn read(_: &Json) -> Result<Self, Foreign> { Ok(()) }
    fn write(&self, into: &mut String) { into.push_str("null"); }
}
fn quote(text: &str, into: &mut String) {
    into.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => { into.push('\\'); into.push(c); }
            c if (c as u32) < 0x20 => into.push_str(&format!("\\u{:04x}", c as u32)),
            c => into.push(c),
        }
    }
    into.push('"');
}
impl Form for String {
    fn read(json: &Json) -> Result<Self, Foreign> { match json { Json::Text(text) => Ok(text.clone()), _ => Err(Foreign("no string".into())) } }
    fn write(&self, into: &mut String) { quote(self, into); }
}
impl Form for char {
    fn read(json: &Json) -> Result<Self, Foreign> {
        match json { Json::Text(text) if text.chars().count() == 1 => Ok(text.chars().next().unwrap()), _ => Err(Foreign("no char".into())) }
    }
    fn write(&self, into: &mut String) { quote(&self.to_string(), into); }
}
impl Form for &'static str {
    fn read(json: &Json) -> Result<Self, Foreign> { Ok(Box::leak(String::read(json)?.into_boxed_str())) }
    fn write(&self, into: &mut String) { quote(self, into); }
}
impl<T: Form + 'static> Form for &'static [T] {
    fn read(json: &Json) -> Result<Self, Foreign> { Ok(Box::leak(Vec::<T>::read(json)?.into_boxed_slice())) }
    fn write(&self, into: &mut String) { list(self.iter(), into); }
}
impl<T: Form + 'static> Form for &'static Vec<T> {
    fn read(json: &Json) -> Result<Self, Foreign> { Ok(Box::leak(Box::new(Vec::<T>::read(json)?))) }
    fn write(&self, into: &mut String) { list(self.iter(), into); }
}
impl Form for &'static String {
    fn read(json: &Json) -> Result<Self, Foreign> { Ok(Box::leak(Box::new(String::read(json)?))) }
    fn write(&self, into: &mut String) { quote(self, into); }
}
fn list<'a, T: Form + 'a>(items: impl Iterator<Item = &'a T>, into: &mut String) {
    into.push('[');
    for (index, item) in items.enumerate() { if index > 0 { into.push(','); } item.write(into); }
    into.push(']');
}
impl<T: Form> Form for Vec<T> {
    fn read(json: &Json) -> Result<Self, Foreign> { sequence(json)?.iter().map(T::read).collect() }
    fn write(&self, into: &mut String) { list(self.iter(), into); }
}
impl<T: Form> Form for Option<T> {
    fn read(json: &Json) -> Result<Self, Foreign> { match json { Json::Null => Ok(None), other => T::read(other).map(Some) } }
    fn write(&self, into: &mut String) { match self { Some(value) => value.write(into), None => into.push_str("null") } }
}
macro_rules! sets { ($($kind:ident: $($bound:ident)+),*) => { $(
    impl<T: Form $(+ $bound)+> Form for $kind<T> {
        fn read(json: &Json) -> Result<Self, Foreign> { sequence(json)?.iter().map(T::read).collect() }
        fn write(&self, into: &mut String) { into.push_str("{\"s\":"); list(self.iter(), into); into.push('}'); }
    }
    )* } }
sets!(HashSet: Hash Eq, BTreeSet: Ord);
macro_rules! maps { ($($kind:ident: $($bound:ident)+),*) => { $(
    impl<K: Form $(+ $bound)+, V: Form> Form for $kind<K, V> {
        fn read(json: &Json) -> Result<Self, Foreign> { sequence(json)?.iter().map(<(K, V)>::read).collect() }
        fn write(&self, into: &mut String) {
            into.push_str("{\"d\":[");
            for (index, (key, value)) in self.iter().enumerate() {
                into.push_str(if index > 0 { ",[" } else { "[" });
                key.write(into); into.push(','); value.write(into); into.push(']');
            }
            into.push_str("]}");
        }
    }
    )* } }
maps!(HashMap: Hash Eq, BTreeMap: Ord);
macro_rules! tuples { ($($count:literal: $($name:ident $index:tt)+),*) => { $(
    impl<$($name: Form),+> Form for ($($name,)+) {
        fn read(json: &Json) -> Result<Self, Foreign> {
            let items = sequence(json)?;
            if items.len() != $count { return Err(Foreign("a tuple of another length".into())); }
            Ok(($($name::read(&items[$index])?,)+))
        }
        fn write(&self, into: &mut String) {
            into.push_str("{\"t\":[");
            $( if $index > 0 { into.push(','); } self.$index.write(into); )+
            into.push_str("]}");
        }
    }
)* } }
tuples!(1: A 0, 2: A 0 B 1, 3: A 0 B 1 C 2, 4: A 0 B 1 C 2 D 3);

macro_rules! callers { ($($called:ident: $($name:ident $index:tt)*),*) => { $(
    #[allow(unused_variables)]
    pub fn $called<R, $($name: Form),*>(function: impl Fn($($name),*) -> R, given: &[Json]) -> Result<R, Foreign> {
        Ok(function($($name::read(given.get($index).ok_or(Foreign("too few arguments".into()))?)?),*))
    }
)* } }
callers!(call0:, call1: A 0, call2: A 0 B 1, call3: A 0 B 1 C 2, call4: A 0 B 1 C 2 D 3,
         call5: A 0 B 1 C 2 D 3 E 4, call6: A 0 B 1 C 2 D 3 E 4 G 5);

/// A result on its way out: of two traits the one that fits a reference less is taken, so a type without a form has one.
pub struct Sent<T>(pub T);
pub trait Known { fn form(&self) -> Result<String, Foreign>; }
pub trait Unknown { fn form(&self) -> Result<String, Foreign>; }
impl<T: Form> Known for Sent<T> {
    fn form(&self) -> Result<String, Foreign> { let mut into = String::new(); self.0.write(&mut into); Ok(into) }
}
impl<T> Unknown for &Sent<T> {
    fn form(&self) -> Result<String, Foreign> { Err(Foreign("a type that has no form to send it in".into())) }
}

fn problem(kind: &str, what: &str) -> String {
    let mut text = String::new();
    quote(what, &mut text);
    if kind == "foreign" { return format!("{{\"foreign\":{text}}}"); }
    format!("{{\"raised\":{{\"kinds\":[\"builtins.{kind}\",\"builtins.Exception\"],\"text\":{text},\"args\":[{text}]}}}}")
}

fn member<'a>(json: &'a Json, key: &str) -> Option<&'a Json> {
    match json { Json::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value), _ => None }
}

pub type Function<'a> = &'a dyn Fn(&[Json]) -> Result<String, Foreign>;

pub fn serve(functions: &[(&str, Function)]) {
    let call = |name: &str, given: &[Json]| functions.iter().find(|(known, _)| *known == name).map(|(_, function)| function(given));
    let reading = BufReader::new(unsafe { File::from_raw_fd(3) });
    let mut writing = unsafe { File::from_raw_fd(4) };
    let mut say = |text: String| if writing.write_all((text + "\n").as_bytes()).is_err() { std::process::exit(1) };
    say("{\"value\":null}".into());
    for line in reading.lines() {
        let Ok(line) = line else { break };
        let asked = Parser { source: line.as_bytes(), at: 0 }.value();
        let name = member(&asked, "on").and_then(|on| member(on, "name"));
        let (Some(Json::Text(operation)), Some(Json::Text(name)), Some(Json::List(given))) = (member(&asked, "op"), name, member(&asked, "args")) else {
            say(problem("foreign", "no such operation in this language"));
            continue;
        };
        if operation != "call" { say(problem("foreign", "no such operation in this language")); continue; }
        say(match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(name, given))) {
            Ok(Some(Ok(value))) => format!("{{\"value\":{value}}}"),
            Ok(Some(Err(foreign))) => problem("foreign", &foreign.0),
            Ok(None) => problem("NameError", name),
            Err(panic) => problem("RuntimeError", panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap_or("panic")),
        });
    }
    std::process::exit(0);
}
