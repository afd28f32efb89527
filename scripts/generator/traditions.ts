import { faker as ghanaian } from "@faker-js/faker/locale/en_GH";
import { faker as british } from "@faker-js/faker/locale/en_GB";
import { faker as nigerian } from "@faker-js/faker/locale/en_NG";
import { faker as indian } from "@faker-js/faker/locale/en_IN";
import { faker as french } from "@faker-js/faker/locale/fr";
import { faker as italian } from "@faker-js/faker/locale/it";
import { faker as polish } from "@faker-js/faker/locale/pl";
import { faker as portuguese } from "@faker-js/faker/locale/pt_PT";
import { faker as romanian } from "@faker-js/faker/locale/ro";
import { faker as spanish } from "@faker-js/faker/locale/es";
import { faker as turkish } from "@faker-js/faker/locale/tr";

/**
 * How people are named, by tradition, so that an error of matching that falls on one of them shows. Names come from
 * faker's lists, or, where it has none in Latin letters, from short lists of common ones drawn up for this project.
 * Weights and shares are set by hand to make London's variety, not taken from any statistics: nothing here says how
 * common a name or a custom is.
 */
export type Sex = "M" | "F";

export interface Tradition {
  readonly name: string;
  readonly weight: number;
  /** The commonest first. */
  readonly forenames: Readonly<Record<Sex, readonly string[]>>;
  readonly surnames: readonly string[];
  /** Share with a second forename. */
  readonly second: number;
  /** Share of wives with their husband's surname. */
  readonly married: number;
  /** Two surnames, the father's first and the mother's first. */
  readonly twoSurnames: boolean;
  /** Children's surname is their father's forename. */
  readonly patronymic: boolean;
  /** A woman's form of a surname. */
  readonly feminine: boolean;
  /** How often a clerk takes forename for surname, beside others. */
  readonly swaps: number;
  /** Share entered with the first of January as birthday, the year alone being known. */
  readonly newYear: number;
  /** Put in front of some surnames. */
  readonly prefixes: readonly string[];
}

const PLAIN = {
  second: 0.3,
  married: 0.7,
  twoSurnames: false,
  patronymic: false,
  feminine: false,
  swaps: 1,
  newYear: 0,
  prefixes: [],
};

interface Definitions {
  readonly definitions: unknown;
}

type Lists = Readonly<Record<string, readonly string[] | null | undefined>>;

/** faker's lists are in alphabetical order: mixed, always the same way, so that common names start with any letter. */
function fromFaker({ definitions }: Definitions): Pick<Tradition, "forenames" | "surnames"> {
  const { person } = definitions as { person: { first_name: Lists; last_name: Lists } };
  const list = (lists: Lists, name: string) => mixed((lists[name] ?? lists["generic"] ?? []).map(firstWord));
  return {
    forenames: { M: list(person.first_name, "male"), F: list(person.first_name, "female") },
    surnames: list(person.last_name, "generic"),
  };
}

/** Some lists have titles and second names in them. */
function firstWord(name: string): string {
  return name.split(" ")[0] ?? name;
}

function mixed(names: readonly string[]): string[] {
  const place = (name: string) =>
    Array.from(name).reduce((hash, letter) => Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193), 0x811c9dc5);
  return [...new Set(names)].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

const words = (text: string) => text.trim().split(/\s+/);
const listed = (male: string, female: string, surnames: string): Pick<Tradition, "forenames" | "surnames"> => ({
  forenames: { M: words(male), F: words(female) },
  surnames: words(surnames),
});

const COMMON_BRITISH = words(`
  Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall
  Wood Jackson Clarke Lewis James Phillips Mason Mitchell Rose Davis Rodgers Cooper Ward Turner Hill Clark
  Moore Morris Harris King Baker Harrison Morgan Allen Scott Watson Parker Bennett Young Price Griffiths Hughes Edwards
  Cook Shaw Bell Murphy Miller Cox Marshall Collins Richardson Carter Bailey Gray Adams Ellis Campbell Foster Kelly`);
const COMMON_FORENAMES = {
  M: words(`David John Michael James Robert Peter William Thomas Daniel Paul Andrew Matthew George Jack Christopher
    Joseph Mark Stephen Richard Anthony Alexander Benjamin Edward Samuel Harry Charles Oliver Joshua Kevin Alan Ronald
    Kenneth Brian Jonathan Nicholas Simon Timothy Patrick Philip Ryan`),
  F: words(`Margaret Susan Sarah Elizabeth Mary Emma Patricia Jennifer Emily Jessica Catherine Helen Christine Charlotte
    Olivia Sophie Rebecca Victoria Rachel Laura Karen Barbara Linda Dorothy Joan Jean Amelia Grace Hannah Lucy Alice
    Samantha Nicola Deborah Julie Jacqueline Eleanor Katherine Joanne Lily`),
};

function withCommonNames(): Pick<Tradition, "forenames" | "surnames"> {
  const { forenames, surnames } = fromFaker(british);
  return {
    forenames: {
      M: [...new Set([...COMMON_FORENAMES.M, ...forenames.M])],
      F: [...new Set([...COMMON_FORENAMES.F, ...forenames.F])],
    },
    surnames: [...new Set([...COMMON_BRITISH, ...surnames])],
  };
}

const irish = listed(
  `Patrick Sean Conor Liam Declan Brendan Kieran Eoin Cormac Fergal Padraig Niall Aidan Ciaran Donal Finbarr Rory Seamus
   Oisin Diarmuid`,
  `Mary Siobhan Aoife Niamh Bridget Sinead Ciara Orla Grainne Roisin Maeve Deirdre Caoimhe Eileen Noreen Una Saoirse Nuala
   Clodagh Ailbhe`,
  `Murphy O'Brien Kelly O'Sullivan Walsh Byrne Ryan O'Connor O'Neill McCarthy O'Reilly Doyle Gallagher Doherty Kennedy Lynch
   Murray Quinn McLoughlin O'Donnell McMahon Nolan FitzGerald McDonagh Brennan O'Shea Keane McGrath Farrell MacDermott`,
);
const bangladeshi = listed(
  `Mohammed Abdul Md Shah Rahim Karim Faruk Jamal Kamal Hasan Rafiq Anwar Habib Nurul Shahid Salim Monir Tariq Masud
   Imran Sajid Ruhul`,
  `Fatima Ayesha Nasima Rahima Shahida Salma Nazma Sultana Rehana Taslima Jahanara Rokeya Halima Shirin Amina Khadija
   Momtaz Hasina Farzana Tahmina`,
  `Begum Miah Khatun Ali Ahmed Uddin Hussain Islam Rahman Chowdhury Khan Hoque Alam Akhtar Choudhury Haque Bibi Malik Sarkar
   Talukdar Hossain Sheikh`,
);
const pakistani = listed(
  `Muhammad Ahmed Ali Hassan Usman Imran Bilal Hamza Asif Tariq Nadeem Zahid Faisal Kashif Adnan Waqas Shahbaz Rizwan Yasir
   Junaid Khalid`,
  `Fatima Ayesha Maryam Zainab Sana Saima Nadia Shazia Rabia Hina Bushra Samina Farah Uzma Nazia Iqra Amna Sadia Mehwish
   Noreen`,
  `Khan Ahmed Hussain Malik Iqbal Mahmood Akhtar Bibi Shah Mirza Butt Raza Sheikh Qureshi Chaudhry Javed Aslam Siddiqui Ashraf
   Rashid Anwar Hashmi`,
);
const arab = listed(
  `Mohamed Ahmed Ali Omar Hassan Yusuf Ibrahim Khalid Mustafa Karim Tariq Samir Nabil Rashid Walid Faris Bilal Hamza Amir
   Jamal`,
  `Fatima Aisha Maryam Layla Noor Hana Salma Yasmin Amina Rania Samira Huda Zahra Nadia Dina Leila Rasha Mona Iman Sara`,
  `Ahmed Ali Hassan Mohamed Ibrahim Hussein Salem Mansour Saleh Khalil Haddad Nasser Aziz Rahman Sayed Tamimi Najjar Khoury
   Masri Bakri Hashimi Jabbar`,
);
const somali = listed(
  `Mohamed Abdi Ahmed Ali Hassan Omar Yusuf Ibrahim Farah Hussein Abdullahi Abdirahman Mahad Liban Warsame Guled Jama Ismail
   Bashir Mukhtar`,
  `Fadumo Halima Hodan Asha Amina Khadija Sahra Maryan Ifrah Hibo Ayan Nasra Deqa Zahra Ubah Ladan Sagal Faiza Hamda
   Ikram`,
  `Mohamed Ali Ahmed Hassan Abdi Omar Yusuf Farah Warsame Jama Hussein Ibrahim Osman Nur Adan Isse Elmi Aden Dahir Hirsi`,
);
const tamil = listed(
  `Suresh Ramesh Kumar Rajan Mohan Prakash Arun Senthil Karthik Ganesh Siva Murali Anand Vijay Ravi Balan Nathan Jegan Kannan
   Selvan`,
  `Priya Lakshmi Meena Vani Shanthi Kavitha Nithya Sumathi Malar Anitha Devi Gowri Rani Selvi Uma Vasantha Yamuna Thulasi
   Janani Abirami`,
  `Sivakumar Rajaratnam Nadarajah Selvarajah Kandiah Balasubramaniam Thambiah Ponnuthurai Sivapalan Arulanantham Kumaraswamy
   Chelliah Rasiah Navaratnam Sinnathamby Yogarajah Ratnam Kanagaratnam`,
);
const chinese = listed(
  `Wei Jun Ming Hao Jie Lei Feng Yong Xiaoming Zhiwei Jianguo Haoran Yifan Zihao Junjie Chun Kwok Wing Siu Chi Tao Bin`,
  `Li Fang Na Min Jing Yan Mei Xiuying Xiaoli Yuting Jiayi Meiling Xinyi Yan Ling Hui Suk Yuk Wai Shan Qian Xue`,
  `Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Chan Wong Lam Cheung Lau Ng Leung Ho
   Cheng Tang Yu Fung`,
);
const vietnamese = listed(
  `Minh Hung Duc Tuan Anh Thanh Dung Long Nam Quang Huy Khoa Son Hai Phuc Tien Cuong Bao Dat Khanh`,
  `Lan Huong Linh Mai Thao Hoa Trang Nga Phuong Thuy Hanh Yen Nhung Dung Ha Ngoc Chi Van Thu Tuyet`,
  `Nguyen Tran Le Pham Hoang Huynh Phan Vu Vo Dang Bui Do Ho Ngo Duong Ly`,
);

export const TRADITIONS: readonly Tradition[] = [
  { ...PLAIN, name: "British", weight: 40, ...withCommonNames(), second: 0.6, married: 0.75 },
  { ...PLAIN, name: "Irish", weight: 4, ...irish, second: 0.5 },
  { ...PLAIN, name: "Indian", weight: 9, ...fromFaker(indian), swaps: 2 },
  { ...PLAIN, name: "Pakistani", weight: 5, ...pakistani, second: 0.5, married: 0.3, swaps: 4, newYear: 0.03 },
  { ...PLAIN, name: "Bangladeshi", weight: 5, ...bangladeshi, second: 0.5, married: 0.1, swaps: 4, newYear: 0.06 },
  { ...PLAIN, name: "Tamil", weight: 2, ...tamil, married: 0.2, patronymic: true, swaps: 4, second: 0.1 },
  { ...PLAIN, name: "Nigerian", weight: 6, ...fromFaker(nigerian), second: 0.6, swaps: 2 },
  { ...PLAIN, name: "Ghanaian", weight: 3, ...fromFaker(ghanaian), second: 0.6, swaps: 2 },
  { ...PLAIN, name: "Somali", weight: 3, ...somali, married: 0, patronymic: true, swaps: 3, newYear: 0.2 },
  {
    ...PLAIN,
    name: "Arab",
    weight: 3,
    ...arab,
    married: 0.2,
    swaps: 3,
    newYear: 0.05,
    prefixes: ["Al-", "El ", "Abu ", "Bin "],
  },
  { ...PLAIN, name: "Chinese", weight: 3, ...chinese, second: 0.4, married: 0.2, swaps: 8 },
  { ...PLAIN, name: "Vietnamese", weight: 1, ...vietnamese, second: 0.7, married: 0.1, swaps: 8 },
  { ...PLAIN, name: "Turkish", weight: 3, ...fromFaker(turkish), second: 0.2 },
  { ...PLAIN, name: "Polish", weight: 3, ...fromFaker(polish), feminine: true, second: 0.2 },
  { ...PLAIN, name: "Romanian", weight: 3, ...fromFaker(romanian) },
  { ...PLAIN, name: "Italian", weight: 2, ...fromFaker(italian), married: 0.1, prefixes: ["De ", "Di ", "D'"] },
  { ...PLAIN, name: "French", weight: 2, ...fromFaker(french), prefixes: ["Le ", "De La ", "Du "] },
  { ...PLAIN, name: "Spanish", weight: 2, ...fromFaker(spanish), married: 0, twoSurnames: true, second: 0.4 },
  { ...PLAIN, name: "Portuguese", weight: 2, ...fromFaker(portuguese), twoSurnames: true, prefixes: ["da ", "dos "] },
];
