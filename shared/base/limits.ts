/**
 * Every bound of the network, with its unit in its name. Both sides enforce them; docs/LIMITS.md explains
 * them and test/architecture/documents.test.ts holds the two together.
 */

/** How deep a canonical value may nest. */
export const MAX_VALUE_DEPTH = 16;
/** Parties in one charter: 33 boroughs and room for a region's partners. Shamir over GF(256) would allow 255. */
export const MAX_PARTIES = 100;
/** Match keys in one cascade. */
export const MAX_CASCADE_KEYS = 64;
/** Groups of short and pet names that one charter adds to the program's table. */
export const MAX_DIMINUTIVE_GROUPS = 500;
/** Labels of one attribute; 0xFFFF marks padding. */
export const MAX_LABELS = 64;
/** Attempts of one round: the first, and one retry. */
export const MAX_ATTEMPTS = 2;
/** Features of one model, before categories become columns. */
export const MAX_FEATURES = 128;
/** Bins of the histogram over scores. */
export const MAX_EVALUATION_BINS = 4096;
/** Rows one party may put into one list, whatever the charter allows. */
export const MAX_LIST_ROWS = 20_000_000;
/**
 * Tags that a matcher, or digests and tags that an owner holds in memory for one match; beyond it they go to scratch
 * files in the node's folder. A million rows of one key on both sides stay in memory, of ten keys they do not.
 */
export const MAX_MATCH_MEMORY_BYTES = 128 * 1024 * 1024;
/** One chunk of a body on the wire and one sealed frame. */
export const MAX_CHUNK_BYTES = 512 * 1024;
/** One gRPC message: a chunk and its routing. */
export const MAX_WIRE_MESSAGE_BYTES = 1024 * 1024;
/** A body that is not a list: keys, shares, inputs, agreements. */
export const MAX_SMALL_BODY_BYTES = 8 * 1024 * 1024;
/** A sealed list. */
export const MAX_LIST_BODY_BYTES = 4 * 1024 * 1024 * 1024;
/** Sealed bytes the mailbox holds for one recipient before it refuses more. */
export const MAX_MAILBOX_BYTES_PER_NODE = 16 * 1024 * 1024 * 1024;
/** A charter, a policy, a mapping or a configuration file. */
export const MAX_DOCUMENT_BYTES = 256 * 1024;
/** One field of a CSV row. */
export const MAX_CSV_FIELD_BYTES = 64 * 1024;
/** Columns of a CSV file. */
export const MAX_CSV_COLUMNS = 512;
/** Words of one masked input. */
export const MAX_SUM_WORDS = 1_000_000;
/** How long an invitation lives unless the operator says otherwise. */
export const INVITATION_HOURS = 72;
/** Life of a node's or the coordinator's certificate; nodes renew at a third before the end. */
export const CERTIFICATE_DAYS = 90;
/** Life of a delegation from a root key to an operational key. */
export const DELEGATION_DAYS = 365;
/** The least a list is padded to (protocol.md, Matching). */
export const MIN_LIST_ROWS = 1024;
/** How far two clocks may differ before a delegation or deadline is misjudged. */
export const MAX_CLOCK_SKEW_MS = 5 * 60 * 1000;
/** Messages a party may post outside rounds (decisions): enough for decades, little enough to store. */
export const MAX_MESSAGES_OUTSIDE_ROUNDS = 1000;
/** Openings that the coordinator holds in memory for openers to fetch; beyond it the oldest go. */
export const MAX_VOLATILE_BYTES = 1024 * 1024 * 1024;
/** Notices handed out in one read. */
export const MAX_NOTICES_PER_READ = 100;
/** Rows of one borough in one model: with MAX_PARTIES of them, a sum of figures up to 1 keeps 32 binary places. */
export const MAX_MODEL_ROWS = 20_000_000;
/** Columns of a model: the intercept, and what the features come to. Their products must fit MAX_SUM_WORDS twice. */
export const MAX_MODEL_COLUMNS = 512;
/** Sums of one model, the survey and the last among them. */
export const MAX_MODEL_STEPS = 200;
/**
 * Length of a model's coefficients without the intercept, standardised. Larger ones run away. The largest honest one
 * that is known here has 20.5 (communities and crime, 99 predictors, no ridge).
 */
export const MAX_COEFFICIENT_NORM = 32;
/** One coefficient at which a node computes, on the working scale: a node cannot know the standardised one. */
export const MAX_WORKING_COEFFICIENT = 64;
