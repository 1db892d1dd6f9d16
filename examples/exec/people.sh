#!/bin/sh
# A connector for Writ in POSIX sh, awk and flock (util-linux), without jq: accounts and groups in two files, one row in JSON a line.
#
# The protocol is in server/fulfil/exec/README.md. Put this file into the folder that the server was started with (--programs), and give a connection of
# the package exec the settings program: people.sh and option.directory: the folder that holds account.jsonl and grp.jsonl.
#
# Texts are never decoded. Writ writes the same text always in the same way, so they are compared, kept and given back as they stand in its JSON, quotes
# and all. Nothing that comes from outside stands in a command, but in files and in variables between quotes.
#
# One process at a time changes the files: it holds the lock on the file lock as long as it lives (setting processes: 1 is counted in one server only). A file is
# written anew and put in the place of the old one, so that whoever reads sees the old one or the new one and never half of one.
set -eu

directory=${WRIT_OPTION_DIRECTORY:-}
fail() { printf '{"error":"%s"}\n' "$1"; exit 1; }

# awk knows how to take JSON apart: take(prefix) reads a value from the text t into v[prefix], or v[prefix, name] and so on for what is inside.
json='
function blank() { sub(/^[ \t\r]+/, "", t) }
function take(at,    name, i) {
	blank()
	if (t ~ /^\{/) {
		t = substr(t, 2); blank()
		while (t !~ /^\}/) {
			match(t, /^"([^"\\]|\\.)*"/); name = substr(t, 2, RLENGTH - 2); t = substr(t, RLENGTH + 1)
			blank(); t = substr(t, 2)
			take(at SUBSEP name); n[at] = n[at] + 1; names[at, n[at]] = name
			blank(); sub(/^,/, "", t); blank()
		}
		t = substr(t, 2)
	} else if (t ~ /^\[/) {
		t = substr(t, 2); blank()
		for (i = 1; t !~ /^\]/; i++) { take(at SUBSEP i); n[at] = i; blank(); sub(/^,/, "", t); blank() }
		t = substr(t, 2)
	} else if (t ~ /^"/) {
		match(t, /^"([^"\\]|\\.)*"/); v[at] = substr(t, 1, RLENGTH); t = substr(t, RLENGTH + 1)
	} else {
		match(t, /^[^],} \t\r]+/); v[at] = substr(t, 1, RLENGTH); t = substr(t, RLENGTH + 1)
	}
}
function parse(text) { split("", v); split("", n); split("", names); t = text; take("") }
function text(value) { return value == "" || value == "null" || value == "\"\"" ? "null" : value }
'

# shellcheck disable=SC2016
changes='
BEGIN {
	columns = split("login emp name mail dept", column, " ")
	while ((getline t < ENVIRON["STORE"]) > 0) {
		parse(t); key = v["", "login"]
		have[key] = 1
		for (c = 1; c <= columns; c++) row[key, column[c]] = text(v["", column[c]])
		for (i = 1; i <= n["", "groups"]; i++) join(key, v["", "groups", i])
	}
	close(ENVIRON["STORE"])
}
function join(key, group) { if (!((key, group) in member)) { member[key, group] = 1; list[key] = list[key] "\n" group } }
function leave(key, group,    all, i, m) {
	delete member[key, group]; m = split(substr(list[key], 2), all, "\n"); list[key] = ""
	for (i = 1; i <= m; i++) if (all[i] != group) list[key] = list[key] "\n" all[i]
}
function forget(key,    all, i, m) {
	m = split(substr(list[key], 2), all, "\n")
	for (i = 1; i <= m; i++) delete member[key, all[i]]
	delete have[key]; delete list[key]
}
function save(    key, c, groups) {
	printf "" > (ENVIRON["STORE"] ".new")
	for (key in have) {
		groups = substr(list[key], 2); gsub(/\n/, ",", groups)
		printf "{" > (ENVIRON["STORE"] ".new")
		for (c = 1; c <= columns; c++) printf "\"%s\":%s,", column[c], row[key, column[c]] > (ENVIRON["STORE"] ".new")
		printf "\"groups\":[%s]}\n", groups > (ENVIRON["STORE"] ".new")
	}
	close(ENVIRON["STORE"] ".new")
	return system("mv \"$STORE.new\" \"$STORE\"") == 0
}
function say(outcome, message, more) { printf "{\"change\":%s,\"outcome\":\"%s\",\"message\":\"%s\"%s}\n", v["", "change"], outcome, message, more; fflush() }
function taken(key, mail,    other) {
	if (mail == "null") return 0
	for (other in have) if (other != key && row[other, "mail"] == mail) return 1
	return 0
}
# wanted: what a column is to be; what the change does not name stays as it is, or is null
function wanted(key, c) { return ("", "Changes", c) in v ? text(v["", "Changes", c]) : (key in have) ? row[key, c] : "null" }
function same(key,    c, i) {
	for (c = 1; c <= columns; c++) if (wanted(key, column[c]) != row[key, column[c]]) return 0
	for (i = 1; i <= n["", "ChangesAdded", "groups"]; i++) if (!((key, v["", "ChangesAdded", "groups", i, "Key"]) in member)) return 0
	for (i = 1; i <= n["", "ChangesRemoved", "groups"]; i++) if ((key, v["", "ChangesRemoved", "groups", i, "Key"]) in member) return 0
	return 1
}
function write(key, old,    c, i, value, all, m) {
	for (c = 1; c <= columns; c++) value[c] = wanted(old, column[c])
	if (key != old && old in have) {
		m = split(substr(list[old], 2), all, "\n"); forget(old)
		for (i = 1; i <= m; i++) join(key, all[i])
	}
	have[key] = 1
	for (c = 1; c <= columns; c++) row[key, column[c]] = value[c]
	for (i = 1; i <= n["", "ChangesRemoved", "groups"]; i++) leave(key, v["", "ChangesRemoved", "groups", i, "Key"])
	for (i = 1; i <= n["", "ChangesAdded", "groups"]; i++) join(key, v["", "ChangesAdded", "groups", i, "Key"])
	if (!save()) { say("UNKNOWN", "The file could not be written."); exit 1 }
}
{ parse($0) }
!(("", "change") in v) { next } # the first line, which tells of the others
v["", "Table"] != "\"account\"" { say("REFUSED", "Only accounts can be changed."); next }
("", "Changes", "groups") in v { say("REFUSED", "groups is changed by what is added and removed."); next }
v["", "ChangeType"] == "\"Added\"" {
	key = text(v["", "Changes", "login"]); if (key == "null") key = text(v["", "Key"])
	if (key == "null") say("REFUSED", "An account needs a login.")
	else if (key in have) { if (same(key)) say("ALREADY_SO", "", ",\"createdKey\":" key); else say("CONFLICT", "There is an account of that name, with other values.") }
	else if (taken(key, wanted(key, "mail"))) say("CONFLICT", "Another account has that mail.")
	else { v["", "Changes", "login"] = key; write(key, key); say("DONE", "", ",\"createdKey\":" key) }
	next
}
v["", "ChangeType"] == "\"Modified\"" {
	key = v["", "Key"]; to = wanted(key, "login")
	if (!(key in have)) say("NOT_FOUND", "There is no account of that name.")
	else if (same(key)) say("ALREADY_SO")
	else if (to == "null") say("REFUSED", "An account keeps a login.")
	else if (to != key && to in have) say("CONFLICT", "There is another account of the new name.")
	else if (taken(key, wanted(key, "mail"))) say("CONFLICT", "Another account has that mail.")
	else { write(to, key); say("DONE") }
	next
}
v["", "ChangeType"] == "\"Deleted\"" {
	key = v["", "Key"]
	if (!(key in have)) say("ALREADY_SO")
	else { forget(key); if (save()) say("DONE"); else { say("UNKNOWN", "The file could not be written."); exit 1 } }
	next
}
{ say("REFUSED", "There is no such change.") }
'

case $WRIT_VERB in
describe)
	printf '%s\n' '{"protocol":1,"name":"people in lines","verbs":["check","export","read","apply"],"tables":[{"name":"account","columns":["login","emp","name","mail","dept","groups"]},{"name":"grp","columns":["name"],"changes":[]}]}'
	exit ;;
esac
[ -d "$directory" ] || case $WRIT_VERB in
apply) printf '%s\n' '{"change":0,"outcome":"UNREACHABLE","message":"The folder of the people is not there."}'; exit ;;
*) fail 'The folder of the people is not there.' ;;
esac

export STORE
STORE=$directory/account.jsonl
case $WRIT_VERB in
check) ;;
export)
	read -r asked
	case $asked in
	*'"table":"grp"'*) STORE=$directory/grp.jsonl ;;
	*'"table":"account"'*) ;;
	*) fail 'There is no such table.' ;;
	esac
	[ -e "$STORE" ] || : >"$STORE"
	awk '{ print "{\"row\":" $0 "}" } END { print "{\"complete\":true,\"rows\":" NR "}" }' "$STORE"
	;;
read)
	[ -e "$STORE" ] || : >"$STORE"
	awk "$json"'
	NR == FNR { parse($0); key = v["", "key"]; table = v["", "table"]; next }
	table == "\"account\"" { parse($0); if (v["", "login"] == key) { found = 1; print "{\"found\":true,\"row\":" $0 "}"; exit } }
	END { if (!found) print "{\"found\":false}" }' - "$STORE"
	;;
apply)
	exec 9>"$directory/lock"
	flock 9
	[ -e "$STORE" ] || : >"$STORE"
	awk "$json$changes"
	;;
*) fail 'There is no such verb.' ;;
esac
