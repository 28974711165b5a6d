"""A right answer to every task of the response probe, in English and in Japanese: id, English, Japanese."""

_TABLE = """
capital | The capital is Tokyo. | 東京です。
week | Thursday. | 木曜日です。
opposite | The opposite of cold is hot. | 「暑い」です。
colour | You get green. | 緑になります。
seasons | Spring, summer, autumn and winter. | 春、夏、秋、冬です。
legs | A spider has eight legs. | クモの足は八本です。
moon | No, it reflects the light of the sun. | いいえ、太陽の光を反射しています。
ocean | The Pacific Ocean. | 太平洋です。
freeze | At 0 degrees Celsius. | 水は0度で凍ります。
bee | Bees make honey. | ミツバチ、つまり蜂です。
year | There are twelve months. | 一年は十二か月です。
tea | Boil water and let the leaves steep. | お湯を沸かして注ぎます。
rice | Rinse it and simmer it in water. | 米を研いで、水を加えて炊きます。
egg | About 10 to 12 minutes. | 十分から十二分くらいです。
stain | Use cold water and soap. | 水と洗剤で洗います。
plant | About once a month. | 月に一回くらいです。
bread | You need flour, yeast, water and salt. | 小麦粉とイーストと塩です。
window | Wipe it with a dry cloth. | 乾いた新聞紙で拭きます。
soup | Cook carrots and onions in broth. | 玉ねぎとにんじんを煮ます。
bulb | Switch it off and let it cool. | スイッチを切って、冷めるまで待ちます。
milk | It smells sour. | 酸っぱいにおいがします。
sock | Put them into a wash bag. | 洗濯ネットに入れます。
pack | A towel and sunscreen. | 水着とタオルです。
train | A train is better. | 電車です。
jetlag | Get light in the morning and sleep at night. | 朝に光を浴びて、夜は寝ます。
passport | Go to your embassy. | 大使館に連絡してください。
bus | Say: "Excuse me, may I sit down?" | 「すみません、座ってもいいですか」と言います。
rain | Visit a museum. | 美術館に行きましょう。
tip | Extra money for good service. | 店員への感謝のお金です。
north | In the east. | 東です。
ticket | My train is late, I will be there soon. | 電車が遅れています。申し訳ありません。
hotel | The price and the location. | 料金と場所です。
bike | The brakes and the tires. | ブレーキとタイヤです。
cinema | Come to the cinema with me on Sunday! | 日曜日に一緒に映画を見ませんか。
cold | Rest and drink tea. | 休んで水分をとります。
cut | Wash it under clean water. | きれいな水で洗います。
sleep | Keep a routine, avoid screens and caffeine. | 寝る前のカフェインを控え、光を避けます。
walk | Yes, it is. | はい、とてもいいです。
water | Your body needs it. | 体に必要だからです。
sun | Wear a hat and use sunscreen. | 帽子と日焼け止めを使います。
fever | After three days, or at a high temperature. | 三日続くか、高い熱のときです。
back | Stand up and stretch. | 立って体を伸ばします。
teeth | Twice a day. | 一日に二回です。
fruit | An orange. | キウイです。
breath | Breathe in slowly, then breathe out. | ゆっくり息を吸って、吐きます。
sum | Seven plus five is 12. | 七足す五は十二です。
budget | Write down your income and expenses. | 収入と支出を書き出します。
percent | It is twenty. | 二百の十パーセントは二十です。
interview | Prepare and practice. | よく準備しましょう。
boss | May I take Friday off? | 金曜日に休みをいただけますか。
change | You get seven dollars back. | おつりは七百円です。
save | Cook at home with a list. | 自炊をします。
meeting | Thank you all for coming. | 本日はありがとうございました。
receipt | As proof, in case of a return. | 返品や交換に必要です。
half | Half of thirty is fifteen. | 三十の半分は15です。
email | Dear Sir or Madam. | 「お世話になっております」です。
count | One, two, three, four. | 一、二、三、四。
letter | Thank you for everything. | 先生、ありがとうございます。
spell | F-R-I-E-N-D. | 「友達」と書きます。
plural | Children. | 一冊、二冊と数えます。
poem | The waves of the sea roll on. | 波が寄せて、海が歌う。
planet | Mercury. | 水星です。
verb | It is went. | 「食べた」です。
study | Review them and write them on cards. | 繰り返し書いて覚えます。
triangle | Three sides. | 三角形には辺が三つあります。
story | A cat found a fish. It was happy. | 猫が魚を見つけました。とても喜びました。
rhyme | Mouse. | 「りんご」です。
password | A long one with many characters. | 長くて推測されにくいものです。
battery | Lower the brightness of the screen. | 画面を暗くします。
backup | A copy of your data. | データのコピーです。
update | They fix bugs and keep you secure. | 不具合の修正があるからです。
restart | Restart it. | 再起動してください。
photo | Use a tripod. | 三脚で固定します。
spam | Check the sender and the links. | 送信元とリンクを見ます。
keyboard | Press Control and C, then Control and V. | CtrlとCで写して、CtrlとVで貼ります。
cloud | It is kept on a server on the internet. | インターネットのサーバに置くことです。
robot | A machine that does work. | 仕事をする機械です。
alarm | So that you wake up in time. | 決まった時間に起きるためです。
birthday | A book or flowers. | 花や本はどうでしょう。
sorry | I am sorry that I was so rude. | ひどいことを言ってごめんなさい。
joke | Why did the hen cross the road? To get to the other side. | 布団が吹っ飛んだ、というのはどうですか。
neighbor | Say: "Could you please turn it down?" | 「すみませんが、音を下げていただけますか」と丁寧に頼みます。
friend | Join a club. | サークルに参加します。
game | Rock, paper, scissors. | じゃんけんです。
guest | Welcome, please come in. | 「いらっしゃいませ」です。
book | "Matilda" is a great story. | 『はてしない物語』です。
music | Piano, guitar and violin. | ピアノ、ギター、太鼓です。
sad | Tell her: I am here for you. | 「そばにいるよ」と声をかけます。
"""
RIGHT: dict[str, dict[str, str]] = {
    name: {"eng": english, "jpn": japanese}
    for name, english, japanese in (line.split(" | ") for line in _TABLE.strip().splitlines())
}
