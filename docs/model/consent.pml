/* Grant, withdraw, dispatch, redeem, publish, serve: every interleaving of them. README.md says what stands for what.
 *
 * A parent video, made under grant 0, is public. Somebody asks for a remix of it under grants 1 and 2. Grants 0 and 1
 * are of likeness 0, grant 2 is of likeness 1. Any grant may be withdrawn at any moment; anybody may crash at any moment.
 *
 * Each word in `#ifdef` is a mutant: one rule left out. tests/test_model.py runs each and wants it reported.
 */

#ifndef WITHDRAWALS
#define WITHDRAWALS 1
#endif

#ifndef LEASE
#define LEASE 1                    /* ticks for which bytes may leave, from before the question was sent */
#endif
#define WAKE 1                     /* ticks that the watchdog may need to cut a connection whose lease is over */
#define DRIFT 1                    /* ticks that the clock of who waits may run ahead during one wait */
#if defined(ACKNOWLEDGES_AT_ONCE)
#define WAIT 0
#elif defined(WAITS_WITHOUT_MARGIN)
#define WAIT (LEASE + WAKE)
#else
#define WAIT (LEASE + WAKE + DRIFT)
#endif
#ifndef PERMIT
#define PERMIT 1                   /* ticks for which a permit may be redeemed */
#endif

#define PARENT 0
#define REMIX 1
#define face_of(grant) (grant / 2)

bool ended[3];                     /* committed: every snapshot taken from now on sees it */
bool acknowledged[3];
byte sharing[2];                   /* who holds the likeness row FOR SHARE */
bool updating[2];                  /* who holds it FOR UPDATE */
bool row_held;                     /* the row of the permit, later of the video, FOR UPDATE */

bool minted, redeemed, delivered, published;
byte permit_left;

byte waiting[WITHDRAWALS];         /* ticks until this withdrawal may be acknowledged */
bool ahead[WITHDRAWALS];           /* its clock has run ahead once */

bool connected, in_flight;         /* a response; bytes of it that the kernel holds */
bit shows;                         /* the video that it is of */
byte lease, asked;                 /* ticks left of the lease, and of the one that is being asked for */

/* What must never become true. */
bool minted_without_consent, redeemed_without_consent, published_without_consent;
bool redeemed_twice, redeemed_late, published_twice, sent_after_acknowledgement;

#define remix_covered (!ended[1] && !ended[2])
#define all_stand (!ended[0] && remix_covered)
#ifdef FORGETS_THE_PARENT
#define may_be_seen (shows == PARENT -> !ended[0] : remix_covered)
#else
#define may_be_seen (shows == PARENT -> !ended[0] : all_stand)
#endif
#define must_be_silent (acknowledged[0] || (shows == REMIX && (acknowledged[1] || acknowledged[2])))

inline hold_likenesses() {
#ifndef CHECKS_WITHOUT_LOCK
	atomic { !updating[0] -> sharing[0]++ };
	atomic { !updating[1] -> sharing[1]++ }
#else
	skip
#endif
}

inline let_go() {
#ifndef CHECKS_WITHOUT_LOCK
	sharing[0]--; sharing[1]--;
#endif
	allowed = false
}

inline hold_row() {
#ifndef NO_ROW_LOCK
	atomic { !row_held -> row_held = true }
#else
	skip
#endif
}

/* Gate 1. The unique key of the request is what `if minted` stands for. */
inline dispatch() {
	hold_likenesses();
#ifdef FIRST_ONE_TWICE
	allowed = !ended[0] && !ended[1] && !ended[1];
#else
	allowed = all_stand;
#endif
	atomic {
		if
		:: allowed && (!minted || permit_left == 0) && !redeemed ->
			minted_without_consent = !all_stand;
			assert(!minted_without_consent);
			minted = true; permit_left = PERMIT
		:: true /* denied, not the first, or crashed: rolled back */
		fi;
		let_go()
	}
}

/* Gate 2. The render service calls it as it begins; the message that made it begin may come twice. */
inline redeem() {
	hold_likenesses();
	hold_row();
	allowed = !redeemed && permit_left > 0;
#ifndef REDEEMS_WITHOUT_ASKING
	allowed = allowed && remix_covered;
#endif
	atomic {
		if
		:: allowed ->
			redeemed_without_consent = !remix_covered;
			assert(!redeemed_without_consent);
			redeemed_twice = redeemed;
			assert(!redeemed_twice);
			redeemed = true
		:: true
		fi;
		row_held = false;
		let_go()
	}
}

/* Gate 3, over a result that may be delivered twice. */
inline publish() {
	hold_likenesses();
#ifdef PUBLISHES_WITHOUT_DECIDING
	allowed = true;
#else
	allowed = all_stand;
#endif
	hold_row();
	allowed = allowed && !published;
	atomic {
		if
		:: allowed ->
			published_without_consent = !all_stand;
			assert(!published_without_consent);
			published_twice = published;
			assert(!published_twice);
			published = true
		:: true
		fi;
		row_held = false;
		let_go()
	}
}

/* Two that do whatever is due: redelivery, a second worker, a client that repeats itself. */
active [2] proctype Worker() {
	bool allowed;
	do
	:: !minted || (permit_left == 0 && !redeemed) -> dispatch()
	:: minted && !redeemed -> redeem()
	:: redeemed && !delivered -> delivered = true
	:: delivered && !published -> publish()
	od
}

active [WITHDRAWALS] proctype Withdrawal() {
	byte grant, me = _pid - 2;
	if
	:: grant = 0
	:: grant = 1
	:: grant = 2
	fi;
	do
	:: atomic { !updating[face_of(grant)] && sharing[face_of(grant)] == 0 -> updating[face_of(grant)] = true };
#ifdef WAITS_FROM_ACCEPTANCE
		atomic { waiting[me] = WAIT; ahead[me] = false };
#endif
		if
		:: atomic { ended[grant] = true; updating[face_of(grant)] = false }; break
		:: updating[face_of(grant)] = false /* crashed: rolled back, and asked again */
		fi
	od;
	do
	:: /* it is read back, and is committed; who reads is the door, or after a crash the sweeper */
#ifndef WAITS_FROM_ACCEPTANCE
		atomic { waiting[me] = WAIT; ahead[me] = false };
#else
		skip;
#endif
		if
		:: atomic { waiting[me] == 0 -> acknowledged[grant] = true }; break
		:: true /* crashed */
		fi
	od
}

/* Gate 4: a response begins, its lease is renewed, the program hands bytes to the kernel. */
active proctype Server() {
	bool stands;
	do
	:: !connected && !in_flight ->
		atomic {
			if
			:: shows = PARENT
			:: published -> shows = REMIX
			fi;
			asked = LEASE
		};
		stands = may_be_seen;
#ifdef LEASES_FROM_THE_ANSWER
		asked = LEASE;
#endif
		atomic {
			if
			:: stands && asked > 0 -> lease = asked; connected = true
			:: else
			fi;
			asked = 0; stands = false
		}
	:: atomic { connected -> asked = LEASE };
		stands = may_be_seen;
#ifdef LEASES_FROM_THE_ANSWER
		asked = LEASE;
#endif
		atomic {
			if
			:: connected && stands && asked > 0 -> lease = asked
			:: else /* not renewed: the lease runs out, and the watchdog cuts */
			fi;
			asked = 0; stands = false
		}
	:: atomic { connected && !in_flight -> in_flight = true }
	od
}

active proctype Watchdog() {
	do
	:: atomic {
		connected && lease == 0 -> connected = false;
#ifndef LEAVES_THE_KERNELS_BUFFER
		in_flight = false /* reset: the kernel throws away what it held */
#endif
	}
	od
}

active proctype Reader() {
	do
	:: atomic {
		in_flight ->
		sent_after_acknowledgement = must_be_silent;
		assert(!sent_after_acknowledgement);
		in_flight = false
	}
	od
}

inline pass(left) {
	if
	:: left > 0 -> left--
	:: else
	fi
}

/* Time passes, but not past a watchdog that has to cut: it wakes within WAKE. */
active proctype Clock() {
	byte one;
	do
	:: atomic {
		!(connected && lease == 0) ->
		pass(lease); pass(asked); pass(permit_left);
		for (one : 0 .. WITHDRAWALS - 1) {
			pass(waiting[one]);
			if
			:: waiting[one] > 0 && !ahead[one] -> waiting[one]--; ahead[one] = true
			:: true
			fi
		};
		one = 0
	}
	od
}
