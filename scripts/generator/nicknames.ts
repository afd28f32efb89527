/**
 * Short and pet forms that clerks write down, of several languages: drawn up apart from the table of the match keys
 * (shared/matching/standardise/diminutives.ts), which so meets forms that it does not know.
 */
const FORMS = `
Alexander Alex Xander Sandy|Alexandra Alex Sandra|Andrew Andy Drew|Anthony Tony Ant|Barbara Barb Babs|Benjamin Ben Benji
Catherine Cath Kate Cathy|Charles Charlie Chas|Charlotte Lottie Charlie|Christine Chris Chrissie|Christopher Chris Kit
Daniel Dan Danny|David Dave Davey|Deborah Debbie Deb|Dorothy Dot Dottie|Edward Ted Ed Eddie|Eleanor Ellie Nell
Elizabeth Liz Beth Betty Libby|Emily Em Emmy|George Georgie Geo|Jacqueline Jackie Jacqui|James Jim Jimmy Jamie
Jennifer Jenny Jen|Jessica Jess Jessie|Joanne Jo|John Jack Johnny|Jonathan Jon Jonny|Joseph Joe Joey|Joshua Josh
Katherine Kathy Kate Katie|Kenneth Ken Kenny|Laura Lolly|Margaret Maggie Peggy Meg|Mary Molly Polly|Matthew Matt Matty
Michael Mike Mick|Nicholas Nick Nicky|Nicola Nicky Nic|Oliver Ollie|Patricia Pat Trish|Patrick Paddy Pat
Peter Pete|Philip Phil Pip|Rachel Rach|Rebecca Becky Becca|Richard Dick Rick Rich|Robert Bob Rob Bobby|Ronald Ron Ronnie
Samantha Sam Sammy|Samuel Sam Sammy|Sarah Sally Sadie|Sophie Soph|Stephen Steve Ste|Susan Sue Susie|Thomas Tom Tommy
Timothy Tim|Victoria Vicky Tori|William Bill Will Liam|Bridget Bridie Biddy|Siobhan Shiv|Padraig Paddy|Eileen Eily
Aleksandra Ola|Katarzyna Kasia|Małgorzata Gosia|Krzysztof Krzysiek|Tomasz Tomek|Agnieszka Aga|Stanisław Staszek
Mohammed Mo|Mohamed Mo|Muhammad Mo|Mustafa Mus|Fatima Fati|Giuseppe Beppe Pino|Francesco Franco Ciccio|Giovanni Gianni
Francisco Paco Curro|José Pepe|Ignacio Nacho|Dolores Lola|Ion Ionel|Constantin Costel|Alexandru Alex Sandu
`;

const TABLE: ReadonlyMap<string, readonly string[]> = new Map(
  FORMS.trim()
    .split(/[|\n]/)
    .map((line) => {
      const [name = "", ...forms] = line.split(" ");
      return [name, forms];
    }),
);

/** The forms of a forename; where none is known, its beginning, as families shorten any name; none of a short one. */
export function nicknamesOf(forename: string): readonly string[] {
  const first = forename.split(" ")[0]!;
  return TABLE.get(first) ?? (first.length > 5 ? [first.slice(0, first.length > 7 ? 4 : 3)] : []);
}
